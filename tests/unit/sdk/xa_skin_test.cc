// A branch of XA behind the gRPC door of a generated service, called as a client and an
// orchestrator call it.

#include "participants/sdk/xa_skin.h"

#include <gtest/gtest.h>

#include "dtmgimp/dtm.grpc.pb.h"
#include "participants/sdk/barrier.h"
#include "participants/sdk/branch_client.h"
#include "participants/sdk/server.h"
#include "tests/unit/sdk/database_under_test.h"

namespace saga::participants::sdk {
namespace {

// Any service with a method will do.
class Door final : public dtmgimp::Dtm::Service {
 public:
  explicit Door(XaResource& xa) : xa_(xa) {}

  grpc::Status Submit(grpc::ServerContext* context, const dtmgimp::DtmRequest* request,
                      google::protobuf::Empty*) override {
    return ServeXa(*context, xa_, [&](Transaction& tx) {
      return Outcome::From(tx.Execute("INSERT INTO seen VALUES (?)", request->gid()).status());
    });
  }

 private:
  XaResource& xa_;
};

TEST(XaSkin, OneGrpcMethodTakesTheThreeCalls) {
  DatabaseUnderTest place(Dialect::kMysql);
  const std::unique_ptr<Database> database = place.Open();
  ASSERT_TRUE(CreateBarrierTable(*database).ok());
  place.server().Run("CREATE TABLE seen (what VARCHAR(20))");
  XaContext registered;
  const std::unique_ptr<XaResource> xa =
      XaResource::Create(*database, [&](const XaContext& context) {
        registered = context;
        return absl::OkStatus();
      }).value();
  Door door(*xa);
  ParticipantServer server({});
  server.AddService(&door);
  ASSERT_TRUE(server.Start().ok());

  const std::string target = server.grpc_address() + "/dtmgimp.Dtm/Submit";
  dtmgimp::DtmRequest request;
  request.set_gid("a payload");
  BranchCall call{.target = target,
                  .context = {place.server().name(), Mode::kXa, "01", Op::kAction},
                  .payload = request.SerializeAsString(),
                  .orchestrator = "sagad:36790",
                  .phase2_url = target,
                  .timeout = absl::Seconds(30)};
  BranchClient client;
  EXPECT_EQ(client.Call(call), Outcome::Done());
  EXPECT_EQ(registered.phase2_url, target);
  EXPECT_EQ(registered.orchestrator, "sagad:36790");
  EXPECT_EQ(place.server().Run("SELECT * FROM seen"), "");

  call.context.op = Op::kCommit;
  call.payload.clear();
  EXPECT_EQ(client.Call(call), Outcome::Done());
  EXPECT_EQ(place.server().Run("SELECT * FROM seen"), "a payload\n");

  call.context.mode = Mode::kSaga;
  EXPECT_EQ(client.Call(call).kind(), OutcomeKind::kUnknown) << "not for other modes";
  server.Stop(absl::Seconds(5));
}

}  // namespace
}  // namespace saga::participants::sdk
