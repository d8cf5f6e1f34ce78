"""Where the servers of a run keep their transactions."""

import os
import re

from peer import mariadb
from runner import processes


class Embedded:
    """Every server in its own data directory."""

    kind = "sqlite"
    process_id = 0

    def versions(self):
        return {}

    def new_database(self):
        return None

    def close(self):
        pass


class MariaDb:
    """One MariaDB for all, on the disk to measure, with the durability that it ships with.

    Every server gets a database of its own in it, and one server runs at a time. `buffer_pool` is how
    much memory it keeps pages in, for example "1G"; None: as it ships.
    """

    kind = "mysql"

    def __init__(self, root, buffer_pool):
        # As root it runs as the user mysql, who has to come through.
        os.chmod(root, 0o711)
        # DTM opens up to 500 connections, more than the 151 of a fresh MariaDB.
        options = ["--max-connections=1000"]
        if buffer_pool:
            options.append(f"--innodb-buffer-pool-size={buffer_pool}")
        self._server = mariadb.Server(*options, parent=root, spawn=processes.spawn)
        self._version = mariadb.run_sql(self._server.address, "SELECT VERSION()")[0][0]

    @property
    def process_id(self):
        return self._server.pid

    def versions(self):
        return {"MariaDB": self._version}

    def new_database(self):
        return Database(self._server)

    def close(self):
        self._server.close()


class Database(mariadb.Database):
    """A database of one server."""

    def __init__(self, server):
        super().__init__(server.address)
        self.host, self.port = server.address.rsplit(":", 1)
        self._folder = os.path.join(server.data, self.name)

    def make_dtm_tables(self, script):
        """Runs the script of DTM's release, which names the database `dtm`."""
        self.run(re.sub(r"\bdtm\b", self.name, script))

    def bytes(self):
        """What its tables take on the disk."""
        return processes.bytes_below(self._folder)
