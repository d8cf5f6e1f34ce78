#include "participants/product/handler/doors.h"
#include "participants/sdk/grpc_skin.h"
#include "product.grpc.pb.h"

namespace saga::participants::product::handler {

using domain::Kind;
using google::protobuf::Empty;
using grpc::ServerContext;
using grpc::Status;

class GrpcDoor::Impl : public ::product::v1::Product::Service {
 public:
  explicit Impl(ProductService& service) : service_(service) {}

  Status SetStock(ServerContext*, const ::product::v1::SetStockRequest* request,
                  ::product::v1::Stock* response) override {
    return sdk::ServeCall(service_.SetStock(*request), response);
  }
  Status GetStock(ServerContext*, const ::product::v1::GetStockRequest* request,
                  ::product::v1::Stock* response) override {
    return sdk::ServeCall(service_.GetStock(*request), response);
  }
  Status ListStock(ServerContext*, const ::product::v1::ListStockRequest* request,
                   ::product::v1::ListStockResponse* response) override {
    return sdk::ServeCall(service_.ListStock(*request), response);
  }

  Status Deduct(ServerContext* context, const ::product::v1::StockChange* request,
                Empty*) override {
    return Branch(Kind::kDeduct, *context, *request);
  }
  Status Restore(ServerContext* context, const ::product::v1::StockChange* request,
                 Empty*) override {
    return Branch(Kind::kRestore, *context, *request);
  }
  Status TryFreeze(ServerContext* context, const ::product::v1::StockChange* request,
                   Empty*) override {
    return Branch(Kind::kFreeze, *context, *request);
  }
  Status ConfirmDeduct(ServerContext* context, const ::product::v1::StockChange* request,
                       Empty*) override {
    return Branch(Kind::kConfirm, *context, *request);
  }
  Status CancelThaw(ServerContext* context, const ::product::v1::StockChange* request,
                    Empty*) override {
    return Branch(Kind::kThaw, *context, *request);
  }

 private:
  Status Branch(Kind kind, const ServerContext& context,
                const ::product::v1::StockChange& request) {
    return sdk::ServeBranch(context, [&](const sdk::BranchContext& branch) {
      return service_.ChangeStock(kind, branch, request);
    });
  }

  ProductService& service_;
};

GrpcDoor::GrpcDoor(ProductService& service) : impl_(std::make_unique<Impl>(service)) {}

GrpcDoor::~GrpcDoor() = default;

void GrpcDoor::Join(sdk::ParticipantServer& server) { server.AddService(impl_.get()); }

}  // namespace saga::participants::product::handler
