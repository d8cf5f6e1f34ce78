#include "tests/bench/client/submit_many.h"

#include <memory>

#include "tests/bench/client/load.h"
#include "tests/bench/client/transport.h"

namespace saga::bench {

absl::StatusOr<std::vector<std::string>> SubmitMany(const Address& server,
                                                    const ScriptOptions& options, int count) {
  const std::unique_ptr<Script> script = MakeScript(options);
  auto transport = MakeTransport(options.protocol, {.servers = {server},
                                                    .participant = options.participant,
                                                    .slots = count,
                                                    .channels = 4});
  if (!transport.ok()) return transport.status();
  struct Client {
    std::string gid;
    int next_call = 1;
  };
  std::vector<Client> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back({UniqueGid()});
    (*transport)->Start(i, script->Make(clients.back().gid, 0));
  }
  std::vector<std::string> acknowledged;
  (*transport)->Run([&](int slot, const Answer& answer) {
    Client& client = clients[static_cast<size_t>(slot)];
    if (answer.kind != AnswerKind::kOk) return;
    if (client.next_call < script->Calls()) {
      (*transport)->Start(slot, script->Make(client.gid, client.next_call++));
    } else {
      acknowledged.push_back(client.gid);
    }
  });
  return acknowledged;
}

}  // namespace saga::bench
