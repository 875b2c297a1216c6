"""Makes the bundled font files of crates/documents from the npm packages.

Usage: make_fonts.py SERIF_PACKAGE_DIR SANS_PACKAGE_DIR MONGOLIAN_PACKAGE_DIR OUT_DIR
Needs: fonttools (pip install fonttools). See README.md in this directory.
"""
import gzip
import subprocess
import sys
from pathlib import Path


def gb2312():
    """All characters of GB/T 2312-1980, with ASCII and the name dot."""
    chars = set(range(0x20, 0x7F)) | {0xA0, 0xB7}
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                chars.add(ord(bytes([high, low]).decode("gb2312")))
            except UnicodeDecodeError:
                pass
    return ",".join(f"{c:X}" for c in sorted(chars))


def make(source, out, unicodes, features="kern,locl,ccmp"):
    """Writes OUT (gzip of a TrueType font without hints and vertical metrics)."""
    plain = out.with_suffix("")
    subprocess.check_call([
        "pyftsubset", str(source), f"--unicodes={unicodes}", f"--output-file={plain}",
        "--no-hinting", f"--layout-features={features}", "--notdef-outline",
        "--drop-tables+=STAT,gasp,vhea,vmtx,BASE", "--recommended-glyphs",
        "--no-recalc-timestamp",
    ])
    out.write_bytes(gzip.compress(plain.read_bytes(), 9, mtime=0))
    plain.unlink()


serif, sans, mongolian, out = map(Path, sys.argv[1:5])
make(serif / "400Regular/NotoSerifSC_400Regular.ttf", out / "NotoSerifSC-Regular.ttf.gz", "*")
make(serif / "700Bold/NotoSerifSC_700Bold.ttf", out / "NotoSerifSC-Bold-GB2312.ttf.gz", gb2312())
make(sans / "500Medium/NotoSansSC_500Medium.ttf", out / "NotoSansSC-Medium-GB2312.ttf.gz", gb2312())
make(mongolian / "400Regular/NotoSansMongolian_400Regular.ttf", out / "NotoSansMongolian-Regular.ttf.gz",
     "1800-18AF,11660-1166C,202F,200C,200D", "*")
