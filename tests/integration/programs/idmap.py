"""idmap.py PID SOURCE TARGET: binds SOURCE on TARGET with the ids of PID's user namespace, as mount(8) can since 2.39."""
import ctypes
import os
import sys

MOUNT_SETATTR, MOVE_MOUNT, OPEN_TREE = 442, 429, 428
AT_FDCWD, AT_EMPTY_PATH, OPEN_TREE_CLONE, MOVE_MOUNT_F_EMPTY_PATH = -100, 0x1000, 1, 4
MOUNT_ATTR_IDMAP = 0x100000

libc = ctypes.CDLL(None, use_errno=True)


def call(number, *args):
    result = libc.syscall(number, *args)
    if result < 0:
        sys.exit(f"idmap: call {number}: {os.strerror(ctypes.get_errno())}")
    return result


pid, source, target = sys.argv[1:]
namespace = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY)
tree = call(OPEN_TREE, AT_FDCWD, source.encode(), OPEN_TREE_CLONE)
attr = (ctypes.c_uint64 * 4)(MOUNT_ATTR_IDMAP, 0, 0, namespace)
call(MOUNT_SETATTR, tree, b"", AT_EMPTY_PATH, attr, ctypes.c_size_t(ctypes.sizeof(attr)))
call(MOVE_MOUNT, tree, b"", AT_FDCWD, target.encode(), MOVE_MOUNT_F_EMPTY_PATH)
