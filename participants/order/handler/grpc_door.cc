#include "order.grpc.pb.h"
#include "participants/order/handler/doors.h"
#include "participants/sdk/grpc_skin.h"

namespace saga::participants::order::handler {

using google::protobuf::Empty;
using grpc::ServerContext;
using grpc::Status;
using ::order::v1::PaymentBranch;

class GrpcDoor::Impl : public ::order::v1::Order::Service {
 public:
  explicit Impl(OrderService& service) : service_(service) {}

  Status CreateOrder(ServerContext*, const ::order::v1::CreateOrderRequest* request,
                     ::order::v1::OrderInfo* response) override {
    return sdk::ServeCall(service_.CreateOrder(*request), response);
  }
  Status GetOrder(ServerContext*, const ::order::v1::GetOrderRequest* request,
                  ::order::v1::OrderInfo* response) override {
    return sdk::ServeCall(service_.GetOrder(*request), response);
  }
  Status ListOrders(ServerContext*, const ::order::v1::ListOrdersRequest* request,
                    ::order::v1::ListOrdersResponse* response) override {
    return sdk::ServeCall(service_.ListOrders(*request), response);
  }
  Status PayNotify(ServerContext*, const ::order::v1::PayNotifyRequest* request,
                   ::order::v1::PayNotifyResponse* response) override {
    return sdk::ServeCall(service_.PayNotify(*request), response);
  }
  Status Reserve(ServerContext*, const ::order::v1::ReserveRequest* request,
                 ::order::v1::ReserveResponse* response) override {
    return sdk::ServeCall(service_.Reserve(*request), response);
  }

  Status BeginPayment(ServerContext* context, const PaymentBranch* request, Empty*) override {
    return Branch(&OrderService::BeginPayment, *context, *request);
  }
  Status RevertPayment(ServerContext* context, const PaymentBranch* request, Empty*) override {
    return Branch(&OrderService::RevertPayment, *context, *request);
  }
  Status ConfirmPayment(ServerContext* context, const PaymentBranch* request, Empty*) override {
    return Branch(&OrderService::ConfirmPayment, *context, *request);
  }
  Status UnconfirmPayment(ServerContext* context, const PaymentBranch* request, Empty*) override {
    return Branch(&OrderService::UnconfirmPayment, *context, *request);
  }

 private:
  Status Branch(sdk::Outcome (OrderService::*method)(const sdk::BranchContext&,
                                                     const PaymentBranch&),
                const ServerContext& context, const PaymentBranch& request) {
    return sdk::ServeBranch(context, [&](const sdk::BranchContext& branch) {
      return (service_.*method)(branch, request);
    });
  }

  OrderService& service_;
};

GrpcDoor::GrpcDoor(OrderService& service) : impl_(std::make_unique<Impl>(service)) {}

GrpcDoor::~GrpcDoor() = default;

void GrpcDoor::Join(sdk::ParticipantServer& server) { server.AddService(impl_.get()); }

}  // namespace saga::participants::order::handler
