"""Human motion: joint angles of people who walk, jog, balance, punch and kick (CMU Motion Capture Database).

A frame is 50 angles in degrees, standardised with the training set's mean and standard deviation. They stand for 62
channels of the .amc files. The other 12 say nothing of the posture (measured over the trials in segments.py):

    root position (3) and heading (1)       where the person is and looks
    clavicles (4), fingers (2)              constant: within 4e-13 of 0, and 7.12502 degrees
    rotation rx of the thumbs (2)           that of the hands, shifted: 0.965 rx + 25.6 degrees to within 0.4 degrees

The root's three Euler angles become heading, pitch and roll first. Those of the file mix heading and tilt, and jump by
90 degrees where a person who walks in a circle comes round; pitch and roll (60 degrees in a kick) do neither.
"""

OBSERVATION = "gaussian"
IMAGE_SHAPE = (64, 64)  # of a stick figure, see drawing.py
FRAME_RATE = 120  # frames per second upstream
MOVEMENTS = ("walking", "jogging", "balancing", "punching", "kicking")  # the meaning of train_movement and so on

# Channels of a frame, bone by bone in the files' order.
DOF = {
    "root": ("tx", "ty", "tz", "rx", "ry", "rz"),
    "lowerback": ("rx", "ry", "rz"),
    "upperback": ("rx", "ry", "rz"),
    "thorax": ("rx", "ry", "rz"),
    "lowerneck": ("rx", "ry", "rz"),
    "upperneck": ("rx", "ry", "rz"),
    "head": ("rx", "ry", "rz"),
    "rclavicle": ("ry", "rz"),
    "rhumerus": ("rx", "ry", "rz"),
    "rradius": ("rx",),
    "rwrist": ("ry",),
    "rhand": ("rx", "rz"),
    "rfingers": ("rx",),
    "rthumb": ("rx", "rz"),
    "lclavicle": ("ry", "rz"),
    "lhumerus": ("rx", "ry", "rz"),
    "lradius": ("rx",),
    "lwrist": ("ry",),
    "lhand": ("rx", "rz"),
    "lfingers": ("rx",),
    "lthumb": ("rx", "rz"),
    "rfemur": ("rx", "ry", "rz"),
    "rtibia": ("rx",),
    "rfoot": ("rx", "rz"),
    "rtoes": ("rx",),
    "lfemur": ("rx", "ry", "rz"),
    "ltibia": ("rx",),
    "lfoot": ("rx", "rz"),
    "ltoes": ("rx",),
}
CHANNELS = tuple(f"{bone}.{dof}" for bone, dofs in DOF.items() for dof in dofs)  # 62

ROOT = CHANNELS[:6]
CONSTANT = tuple(c for c in CHANNELS if c.partition(".")[0][1:] in ("clavicle", "fingers"))
THUMBS = {"rthumb.rx": "rhand.rx", "lthumb.rx": "lhand.rx"}  # channel -> the channel that it repeats

FEATURES = ("root.pitch", "root.roll", *(c for c in CHANNELS if c not in {*ROOT, *CONSTANT, *THUMBS}))  # 50
JOINTS = {
    joint: [i for i, feature in enumerate(FEATURES) if feature.partition(".")[0] == joint]
    for joint in dict.fromkeys(feature.partition(".")[0] for feature in FEATURES)
}

# Bones of the body that figures show, parents first.
BONES = (
    *("root", "lhipjoint", "lfemur", "ltibia", "lfoot", "ltoes", "rhipjoint", "rfemur", "rtibia", "rfoot", "rtoes"),
    *("lowerback", "upperback", "thorax", "lowerneck", "upperneck", "head"),
    *("lclavicle", "lhumerus", "lradius", "lwrist", "lhand", "lfingers", "lthumb"),
    *("rclavicle", "rhumerus", "rradius", "rwrist", "rhand", "rfingers", "rthumb"),
)
