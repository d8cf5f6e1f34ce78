#pragma once

// sagactl against a real sagad with the shipped definitions. The product service is real; the
// order service's address is dead, so that order_paid waits and reserve_stock ends.

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/fixture/process.h"
#include "tests/fixture/sagad.h"
#include "tests/fixture/temp_dir.h"
#include "tests/integration/participants/shop.h"

namespace saga::e2e {

class SagactlStage {
 public:
  // `args` are flags of sagad, on top of the stage's own.
  explicit SagactlStage(const std::vector<std::string>& args = {});

  // sagactl as a process; SAGACTL_SERVER names the stage's sagad.
  fixture::Finished Ctl(const std::vector<std::string>& args);
  fixture::Process StartCtl(const std::vector<std::string>& args);
  // What `sagactl ... -o json` prints; expects exit code 0.
  nlohmann::json Json(std::vector<std::string> args);

  // A file with the input of order_paid and reserve_stock.
  std::string Input(const std::string& order_code, int order_id, int quantity);
  // Starts an order_paid that waits for the dead order service; its gid.
  std::string SubmitWaiting(const std::string& order_code);
  void SetStock(int pieces);
  int Stock();

  fixture::TempDir dir;
  const std::string order_address;  // nobody listens there
  participants::Participant product;
  fixture::Sagad sagad;

 private:
  std::map<std::string, std::string> Environment() const;
};

}  // namespace saga::e2e
