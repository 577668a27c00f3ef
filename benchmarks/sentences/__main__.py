"""`python -m benchmarks.sentences`: accuracy by kind of chip on the half kept for testing, and every failure.

python -m benchmarks.sentences --half written     the other half, while rules are written
"""

import argparse
from collections.abc import Sequence

from benchmarks.report import Line, show
from benchmarks.sentences import KINDS, Result, cases, results


def lines(found: Sequence[Result]) -> list[Line]:
    """The share of right answers, of all sentences and by kind."""
    whole = sum(not each.wrong for each in found)
    guessed = sum(bool(each.unexpected) for each in found)
    return [
        Line(f"phrases entières ({len(found)})", 100 * whole / len(found), "%"),
        Line("phrases où une valeur fausse est demandée", 100 * guessed / len(found), "%"),
        *(line for kind in KINDS for line in _of_kind(kind, found)),
    ]


def _of_kind(kind: str, found: Sequence[Result]) -> list[Line]:
    concerned = [each for each in found if kind in each.kinds]
    right = sum(kind not in each.wrong for each in concerned)
    return [Line(f"{KINDS[kind]} ({len(concerned)})", 100 * right / len(concerned), "%")] if concerned else []


def failures(found: Sequence[Result]) -> list[str]:
    """Each failure: the sentence, and for each wrong kind what was expected and found."""
    return [
        f"{each.case.sentence}\n"
        + "\n".join(
            f"    {KINDS[kind]} : attendu {sorted(each.case.expected.get(kind, ()))}, "
            f"trouvé {sorted(each.found.get(kind, ()))}"
            for kind in each.wrong
        )
        for each in found
        if each.wrong
    ]


def run(*, kept: bool = True) -> None:
    """Print the accuracy of one half, then its failures."""
    found = results([case for case in cases() if case.kept is kept])
    show("une phrase, moitié gardée pour l'épreuve" if kept else "une phrase, moitié de l'écriture", lines(found))
    print("\n".join(failures(found)))


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=["kept", "written"], default="kept")
    run(kept=parser.parse_args().half == "kept")


if __name__ == "__main__":
    main()
