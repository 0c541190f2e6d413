"""How what was copied to another file system is removed where it came from."""

import errno
import os
from collections.abc import Callable

from stdtools.files.levels import Level, id_of
from stdtools.files.making import Wishes
from stdtools.shared.errors import ToolError

_BATCH = 500  # files that are copied before the first of them is removed


class Removal:
    """Removes what was moved by copying it; nothing where that is not among the *wishes*.

    *path* returns the path of a name in the current level. *told* is told of trouble with one.
    """

    def __init__(
        self, wishes: Wishes, path: Callable[[str], str], told: Callable[[OSError | ToolError, str], None]
    ) -> None:
        self._moves = wishes.move and not wishes.dry_run
        self._syncs = wishes.sync and not wishes.dry_run
        self._path, self._told = path, told

    def note(self, level: Level, name: str, found: os.stat_result) -> None:
        """Note that *name* of *level* was copied and can go, if it still is what was *found*."""
        if self._moves:
            level.moved.append((name, found))
            if len(level.moved) >= _BATCH:
                self.finish(level)

    def finish(self, level: Level) -> None:
        """Remove what was noted of *level*, once the names of the copies are on the disk."""
        moved, level.moved = level.moved, []
        try:
            if moved or self._syncs:
                os.fsync(level.target.fd)
        except OSError as error:
            self._told(error, level.target.path(""))
            return
        for name, found in moved:
            try:
                now = os.stat(name, dir_fd=level.source, follow_symlinks=False)
                if (*id_of(now), now.st_mtime_ns, now.st_size) != (*id_of(found), found.st_mtime_ns, found.st_size):
                    raise ToolError("was changed after it was copied; it stays", where=self._path(name))
                os.unlink(name, dir_fd=level.source)
            except (OSError, ToolError) as error:
                self._told(error, self._path(name))

    def remove_directory(self, level: Level, parent: Level, where: str) -> None:
        """Remove the directory of *level*, in *parent* and with the path *where*, if nothing is left in it."""
        if self._moves and os.path.basename(level.name) not in (".", ".."):
            try:
                os.rmdir(level.name, dir_fd=parent.source)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    self._told(error, where)
