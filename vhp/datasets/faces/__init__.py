"""3D faces: 64 x 64 grey pictures of random heads (poster: "3D Faces"), rendered from ICT-FaceKit's morphable model.

The paper's faces come from the Basel Face Model, which needs a signed licence; this model is free (MIT). A picture is
made from an identity, a yaw, a pitch and a direction of light, and all four are recorded beside it.
"""

OBSERVATION = "gaussian"
IMAGE_SHAPE = (64, 64)
SPLIT = {"train": 10_000, "val": 1_000, "test": 1_000}
