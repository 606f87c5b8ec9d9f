"""Where a catalog lies: on which kind of file system."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

NETWORK_KINDS = frozenset(
    {
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    }
)

MOUNTS = Path("/proc/self/mounts")


def network_kind(path: PurePosixPath, mounts: str) -> str | None:
    r"""Kind of the network file system an absolute path lies on, None if it lies on a local one.

    `mounts` is the text of ``/proc/self/mounts``; of several mounts the deepest, then the last
    one counts.

    >>> network_kind(PurePosixPath("/home/a/x"), "h:/e /home nfs4 rw 0 0")
    'nfs4'
    >>> network_kind(PurePosixPath("/homes/x"), "/dev/a / ext4 rw 0 0\nh:/e /home nfs4 rw 0 0")
    """
    best, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        folder = PurePosixPath(fields[1].replace("\\040", " "))
        depth = len(folder.parts)
        if depth >= best and path.is_relative_to(folder):
            best, kind = depth, fields[2]
    return kind if kind in NETWORK_KINDS else None
