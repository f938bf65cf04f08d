"""Kept files name no folder of the machine they were made on."""

from pathlib import Path

from prtip_guide.profile.place import forget_places


def test_folders_are_left_out_and_the_rest_stays(tmp_path: Path) -> None:
    text, other = tmp_path / "x-massif.out", tmp_path / "x.zst"
    content = (
        b"desc: --massif-out-file=/tmp/prtip-guide-ab_1/0f3c --fullpath-after=/home/me/prtip/\n"
        b"cmd: /home/me/build/prtip -sS 127.0.0.1\n"
        b" n0: 5 0x1: f (/home/me/.cargo/registry/src/host.example-1a/tokio-1.0/src/x.rs:7)\n"
        b" n0: 5 0x1: g (in /usr/lib/libc.so.6)\n \xff"
    )
    for path in (text, other):
        path.write_bytes(content)
    forget_places([text, other], [Path("/home/me/build"), Path("/home/me/prtip")])
    assert other.read_bytes() == content
    assert text.read_bytes() == (
        b"desc: --massif-out-file=0f3c --fullpath-after=\n"
        b"cmd: prtip -sS 127.0.0.1\n"
        b" n0: 5 0x1: f (tokio-1.0/src/x.rs:7)\n"
        b" n0: 5 0x1: g (in /usr/lib/libc.so.6)\n \xff"
    )
