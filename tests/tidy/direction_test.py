"""The table of orchestrator/README.md: which folder may include what. CMake does not keep this, system headers are
everywhere."""

import re
import unittest

from sources import cpp, report, sources

# folder -> (folders of ours it may include, third-party prefixes it may include)
ABSEIL = ("absl/",)
GRPC = ("grpc/", "grpcpp/", "google/protobuf/")
ADAPTER = ["orchestrator/port", "orchestrator/core", "orchestrator/base"]
TABLE = {
    "orchestrator/base": ([], ABSEIL),
    "orchestrator/core": (["orchestrator/base"], ABSEIL),
    "orchestrator/envelope": (["orchestrator/base"], ABSEIL + ("nlohmann/",)),
    "orchestrator/mysql": (["orchestrator/base"], ABSEIL + ("mysql.h", "errmsg.h", "mysqld_error.h")),
    "orchestrator/record": (["orchestrator/core", "orchestrator/base"], ABSEIL + ("google/protobuf/", "saga/store/")),
    "orchestrator/port": (["orchestrator/core", "orchestrator/base"], ABSEIL),
    "orchestrator/care": (ADAPTER, ABSEIL),
    "orchestrator/transfer": (ADAPTER + ["orchestrator/record"], ABSEIL + ("google/protobuf/", "saga/store/", "openssl/")),
    "orchestrator/engine": (ADAPTER + ["orchestrator/envelope"], ABSEIL),
    "orchestrator/adapter/store_common": (ADAPTER, ABSEIL + ("nlohmann/",)),
    "orchestrator/adapter/sqlite": (ADAPTER + ["orchestrator/adapter/store_common"], ABSEIL + ("sqlite3.h",)),
    "orchestrator/adapter/mysql": (ADAPTER + ["orchestrator/adapter/store_common", "orchestrator/mysql", "orchestrator/record"],
                                   ABSEIL + ("nlohmann/",)),
    "orchestrator/adapter/memory": (ADAPTER + ["orchestrator/adapter/store_common"], ABSEIL),
    "orchestrator/adapter/grpc": (ADAPTER, ABSEIL + GRPC),
    "orchestrator/adapter/kafka": (ADAPTER + ["orchestrator/envelope"], ABSEIL + ("librdkafka/",)),
    "orchestrator/adapter/http": (ADAPTER, ABSEIL + ("curl/", "nlohmann/")),
    "orchestrator/adapter/yaml": (ADAPTER, ABSEIL + ("yaml-cpp/", "nlohmann/", "google/protobuf/")),
    "orchestrator/adapter/system": (ADAPTER, ABSEIL),
    "orchestrator/adapter/decorator": (ADAPTER, ABSEIL),
    "orchestrator/api": (["orchestrator/engine", "orchestrator/envelope", "orchestrator/record"] + ADAPTER,
                         ABSEIL + GRPC + ("boost/", "nlohmann/", "prometheus/", "dtmgimp/", "saga/node/", "saga/v1/")),
    "orchestrator/app": (["orchestrator"], ABSEIL + GRPC + ("cxxopts.hpp", "spdlog/", "yaml-cpp/", "nlohmann/", "fmt/")),
    "participants/sdk": (["orchestrator/base", "orchestrator/envelope", "orchestrator/mysql"],
                         ABSEIL + GRPC + ("boost/", "sqlite3.h", "cxxopts.hpp", "dtmgimp/", "nlohmann/", "librdkafka/",
                                   "saga/v1/")),
    "participants/order": (["participants/sdk", "orchestrator/base"], ABSEIL + GRPC + ("cxxopts.hpp", "order.", "nlohmann/")),
    "participants/product": (["participants/sdk", "orchestrator/base"], ABSEIL + GRPC + ("cxxopts.hpp", "product.", "nlohmann/")),
    "cli": (["orchestrator/base"], ABSEIL + GRPC + ("cxxopts.hpp", "saga/v1/", "nlohmann/", "fmt/")),
}
# The rules may not know a clock, a thread, a file or chance: their time comes in as an argument.
CORE_FORBIDDEN = {"thread", "mutex", "chrono", "random", "fstream", "iostream", "ctime", "condition_variable", "future",
                  "filesystem", "cstdio", "atomic"}
OURS = ("orchestrator/", "participants/", "cli/", "tests/", "sagas/")
# Our own headers made from .proto files look like third party: they are named in the table by their prefix.
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(path):
    matches = [f for f in TABLE if path.startswith(f + "/")]
    return max(matches, key=len) if matches else None


class Direction(unittest.TestCase):
    def test_includes_keep_the_direction(self):
        findings = []
        checked = 0
        for source in cpp():
            folder = folder_of(source.path)
            if folder is None:
                continue
            ours, third_party = TABLE[folder]
            for number, line in enumerate(source.lines, 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                checked += 1
                name = match.group(2)
                where = f"{source.path}:{number}: includes {name}, "
                if name.startswith(OURS):
                    if not any(name.startswith(f + "/") for f in ours + [folder]):
                        findings.append(where + f"but {folder} may not see it")
                elif "/" in name or name.endswith((".h", ".hpp")):
                    system = match.group(1) == "<" and (name.startswith(("sys/", "netinet/", "arpa/", "linux/")) or
                                                         "/" not in name and name.endswith(".h") and name != "sqlite3.h")
                    generated = re.search(r"\.(grpc\.)?pb\.h$", name)
                    if generated and folder.startswith(("orchestrator/adapter", "orchestrator/engine", "orchestrator/core")):
                        findings.append(where + f"but {folder} may not see the protocol's messages")
                    elif not system and not generated and not name.startswith(third_party):
                        findings.append(where + f"which is not among the technologies of {folder}")
                elif folder == "orchestrator/core" and name in CORE_FORBIDDEN:
                    findings.append(where + "which the rules may not know")
        self.assertGreater(checked, 500)
        self.assertFalse(findings, report(findings))

    def test_nothing_includes_the_app(self):
        findings = [f"{s.path} includes the app" for s in cpp()
                    if not s.path.startswith(("orchestrator/app/", "tests/")) and '"orchestrator/app/' in s.text]
        self.assertFalse(findings, report(findings))

    def test_the_table_names_every_folder(self):
        folders = {f for f in (s.path.rsplit("/", 1)[0] for s in cpp()) if not f.startswith("tests")}
        findings = [f"{f} is in no row" for f in sorted(folders) if folder_of(f + "/") is None]
        self.assertFalse(findings, report(findings))

    def test_participants_and_cli_stay_out_of_the_orchestrator(self):
        findings = []
        for source in sources("CMakeLists.txt"):
            if source.path.startswith(("participants/", "cli/")):
                for name in ("saga_core", "saga_engine", "saga_port", "saga_adapter", "saga_api"):
                    if name in source.text:
                        findings.append(f"{source.path} links {name}")
        self.assertFalse(findings, report(findings))


if __name__ == "__main__":
    unittest.main()
