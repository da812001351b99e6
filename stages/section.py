"""Draw a data set's figures and keep what the report needs of its runs: reports/<budget>/datasets/<dataset>/.

Needs no torch.
"""

import argparse
import logging

from stages.command import command
from stages.reports import sections
from stages.reports.artifacts import ArtifactsError, from_json
from stages.reports.differences import pairs
from stages.reports.gallery import figures
from stages.reports.page.pictures import remove_others
from stages.runs.configs import read_matrix
from stages.runs.fingerprint import require_own
from stages.runs.places import MATRIX, section_folder

logger = logging.getLogger(__name__)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset")
    dataset = parser.parse_args().dataset
    with command(f"section {dataset}"):
        matrix = read_matrix()
        if dataset not in matrix["sections"]:
            raise ArtifactsError(f"{MATRIX}: found no {dataset}, expected one of {', '.join(matrix['sections'])}")
        wanted = matrix["sections"][dataset]
        require_own("section", wanted["code"], MATRIX, dataset)
        content, inputs = sections.collect(dataset, list(wanted["runs"]))
        runs = sorted((from_json(name, run) for name, run in content.items()), key=lambda run: run.order)
        folder = section_folder(matrix["budget"], dataset)
        differences = pairs.measure(runs)
        drawn = figures.draw(runs, differences, folder)
        section = sections.Section(dataset, wanted["code"], runs, inputs, drawn, differences)
        sections.write(matrix["budget"], section, content)
        remove_others(folder, [*(path for figure in drawn for path in figure.files), folder / sections.NAME])
        logger.info("%s: %d runs, figures in %s", dataset, len(runs), folder)


if __name__ == "__main__":
    main()
