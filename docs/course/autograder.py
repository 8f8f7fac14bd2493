#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Classroom 50's autograder: the harness grades the checkout, and this adds whose the result is.

Put it into CLASSROOM/autograders/ASSIGNMENT/. HARNESS is the folder of a built harness with a warm cache on your own runner, RUBRIC the rubric there: its secret
must not lie beside this file, as what lies here is published.
"""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HARNESS = pathlib.Path(os.environ.get("HARNESS", "/opt/harness"))
RUBRIC = pathlib.Path(os.environ.get("RUBRIC", HARNESS / "a3.conf"))


def submitted():
    """When the graded commit was made; a commit's own time does not move when it is graded again."""
    seconds = subprocess.run(["git", "-c", "safe.directory=*", "log", "-1", "--format=%ct"], capture_output=True, text=True, check=True).stdout
    return datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def identity():
    """Of the environment that the runner provides."""
    commit = os.environ["COMMIT_URL"]
    return {
        "classroom": os.environ["CLASSROOM"],
        "assignment": os.environ["ASSIGNMENT"],
        "submission": os.environ["SUBMISSION_TAG"],
        "commit": commit,
        "release": os.environ["RELEASE_URL"],
        "review": os.environ.get("REVIEW_URL") or commit,
        "datetime": submitted(),
    }


def main():
    checkout = pathlib.Path.cwd()
    for name in ("result.json", "release-body.md"):
        (checkout / name).unlink(missing_ok=True)  # a student's own would be taken for ours
    with tempfile.TemporaryDirectory() as out:
        command = ["./harness", "grade", "--rubric", str(RUBRIC), "--format", "classroom50,md", "--output", out, str(checkout)]
        status = subprocess.run(command, cwd=HARNESS, check=False).returncode
        result = pathlib.Path(out) / "result.json"
        if status != 0 or not result.exists():
            print("::error::there is no score, which is no zero: see above", file=sys.stderr)
            return 1
        graded = json.loads(result.read_text(encoding="utf-8"))
        for sheet in pathlib.Path(out).glob("*/grade.md"):
            (checkout / "release-body.md").write_text(sheet.read_text(encoding="utf-8"), encoding="utf-8")
    schema = graded.pop("schema")
    (checkout / "result.json").write_text(json.dumps({"schema": schema, **identity(), **graded}, indent=2), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
