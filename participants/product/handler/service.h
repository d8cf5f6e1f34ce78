#pragma once

// What product does, whichever door a request came through. proto/product.proto says what every
// method promises.
//
// Thread safety: thread-safe.

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "participants/product/domain/stock.h"
#include "participants/sdk/branch_context.h"
#include "participants/sdk/database.h"
#include "participants/sdk/outcome.h"
#include "product.pb.h"

namespace saga::participants::product::handler {

struct ServiceOptions {
  // Artificial processing time of every branch, before its transaction, for demonstrations.
  absl::Duration delay;
};

class ProductService {
 public:
  // `database` is prepared (store::Prepare) and outlives the service.
  ProductService(sdk::Database& database, const ServiceOptions& options)
      : database_(database), options_(options) {}

  absl::StatusOr<::product::v1::Stock> SetStock(const ::product::v1::SetStockRequest& request);
  absl::StatusOr<::product::v1::Stock> GetStock(const ::product::v1::GetStockRequest& request);
  absl::StatusOr<::product::v1::ListStockResponse> ListStock(
      const ::product::v1::ListStockRequest& request);

  // A branch: deduct, restore, freeze, confirm or thaw.
  sdk::Outcome ChangeStock(domain::Kind kind, const sdk::BranchContext& branch,
                           const ::product::v1::StockChange& request);

 private:
  sdk::Database& database_;
  const ServiceOptions options_;
};

}  // namespace saga::participants::product::handler
