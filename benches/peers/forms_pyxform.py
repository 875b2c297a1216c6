"""What pyxform makes of the shared XLSForm workbooks, as JSON on standard output.

    pip install pyxform
    python benches/peers/forms_pyxform.py --dir ../shared/data/forms > benches/peers/forms_pyxform.json

For each workbook: accepted or refused with pyxform's words, and for each question [path, type, required, relevant,
constraint, label, choices, choice_filter, calculation, hint, default, repeat_count, appearance]. A label and a hint are
{language: text}, the language of the plain column "", none {}; choices are [[name, label], ...]. Types are given by one name each (pyxform keeps the spelling of the workbook); `../x` is given as
`${x}`. The label of a table list, which pyxform moves into a row of its own, is given at its group. Left out: what pyxform adds for the telephone's program (its `meta` group, label rows of table lists, a hidden count
beside a repeat); how many such rows there were stands under "added".
The test `crates/forms/tests/workbooks.rs` compares ours with the file that this script wrote.
"""

import argparse
import json
import pathlib
import re
import warnings

import pyxform
from pyxform.xls2xform import convert

TYPES = {
    "string": "text",
    "phone number": "text",
    "int": "integer",
    "dateTime": "datetime",
    "select one": "select_one",
    "select all that apply": "select_multiple",
    "photo": "image",
    "trigger": "acknowledge",
    "loop": "group",
}
ADDED = re.compile(r"^(generated_table_list_label_|reserved_name_for_field_list_labels_)")
YES = {"yes", "Yes", "YES", "true", "True", "TRUE", "true()"}


def said(label):
    if isinstance(label, dict):
        return {"" if of == "default" else of: text for of, text in sorted(label.items()) if text}
    return {"": label} if label else {}


def choices(element):
    found = getattr(element, "choices", None)
    return [[o.name, said(o.label)] for o in getattr(found, "options", None) or []]


def inward(text):
    return re.sub(r"\.\./(\w+)", r"${\1}", str(text or ""))


def question(element, survey):
    bind = getattr(element, "bind", None) or {}
    control = getattr(element, "control", None) or {}
    names, at = [], element
    while at is not None and at is not survey:
        names.insert(0, at.name)
        at = at.parent
    required = str(bind.get("required", "") or "")
    return [
        "/".join(names),
        TYPES.get(element.type, element.type),
        "yes" if required in YES else ("" if required in ("no", "false()") else required),
        inward(bind.get("relevant")),
        str(bind.get("constraint", "") or ""),
        said(getattr(element, "label", None)),
        choices(element),
        inward(getattr(element, "choice_filter", None)),
        inward(bind.get("calculate")),
        said(getattr(element, "hint", None)),
        str(getattr(element, "default", None) or ""),
        inward(control.get("jr:count")),
        str(control.get("appearance") or ""),
    ]


def outcome(path):
    try:
        survey = convert(str(path))._survey
    except Exception as error:  # pyxform refuses with several classes
        return {"outcome": "refused", "why": str(error), "questions": [], "added": 0}
    questions, added = [], 0
    for element in survey.iter_descendants():
        if element is survey:
            continue
        ours = question(element, survey)
        path = ours[0]
        beside_a_repeat = element.name.endswith("_count") and (element.bind or {}).get("readonly") == "true()"
        if path == "meta" or path.startswith("meta/") or ADDED.match(element.name) or beside_a_repeat:
            added += 1
            of = [q for q in questions if q[0] == path.rpartition("/")[0]]
            if element.name.startswith("generated_table_list_label_") and of:
                of[0][5] = ours[5]
            continue
        questions.append(ours)
    return {"outcome": "accepted", "why": "", "questions": questions, "added": added}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    folder = pathlib.Path(parser.parse_args().dir)
    warnings.simplefilter("ignore")
    found = {f.name: outcome(f) for f in sorted(folder.iterdir()) if f.suffix in (".xls", ".xlsx")}
    lines = [f"{json.dumps(name)}: {json.dumps(of, ensure_ascii=False)}" for name, of in found.items()]
    print('{\n"pyxform": ' + json.dumps(pyxform.__version__) + ",\n" + ",\n".join(lines) + "\n}")


main()
