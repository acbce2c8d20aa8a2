#!/usr/bin/env python3
"""Compares what shared libraries export with what their public headers declare: symbols_test.py {LIBRARY HEADER...}...

A header may belong to several libraries: each of its functions is then in exactly one of them. Prints TAP.
"""
import pathlib
import re
import subprocess
import sys

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
CPLUSPLUS = re.compile(r"#ifdef __cplusplus\n.*?#endif", re.S)
BODY = re.compile(r"\{[^{}]*\}")
DECLARATION = re.compile(r"\b(lido_\w+)\s*\(")


def read_functions(header):
    """Returns the functions that a header declares. Those that it defines itself, inline, are in no library."""
    text = DIRECTIVE.sub("", CPLUSPLUS.sub("", COMMENT.sub("", header.read_text())))
    while BODY.search(text):
        text = BODY.sub(" BODY;", text)
    return {match[1] for statement in text.split(";") if "BODY" not in statement and "typedef" not in statement
            for match in DECLARATION.finditer(statement)}


def read_exports(library):
    """Returns the symbols that a library exports, but for those of compilers."""
    lines = subprocess.run(["nm", "-D", "-P", "--defined-only", str(library)], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return {line.split()[0] for line in lines if not line.startswith("_")}


def main():
    groups = []
    for path in map(pathlib.Path, sys.argv[1:]):
        if path.suffix == ".h":
            groups[-1][1].append(path)
        else:
            groups.append((path, []))
    exports = {library: read_exports(library) for library, _ in groups}
    declared = {library: set().union(*map(read_functions, headers)) for library, headers in groups}
    results = []
    for library, headers in groups:
        results.append((f"{library.name.partition('.so')[0]}-exports-only-what-its-headers-declare",
                        exports[library] - declared[library]))
        others = set().union(*(exports[other] for other, _ in groups if other != library))
        results.append((f"{library.name.partition('.so')[0]}-exports-all-that-its-headers-declare",
                        declared[library] - exports[library] - others))
        results.append((f"{library.name.partition('.so')[0]}-exports-what-no-other-library-does", exports[library] & others))
    for number, (name, wrong) in enumerate(results, 1):
        print(f"{'not ok' if wrong else 'ok'} {number} symbols@{name}")
        if wrong:
            print("# " + " ".join(sorted(wrong)))
    print(f"1..{len(results)}")
    return any(wrong for _, wrong in results)


if __name__ == "__main__":
    sys.exit(main())
