#include "cli/exit_code.h"

#include <gtest/gtest.h>

#include <string>

namespace saga::cli {
namespace {

using grpc::StatusCode;

struct Row {
  StatusCode status;
  int exit_code;
};

class EveryStatus : public testing::TestWithParam<Row> {};

TEST_P(EveryStatus, HasItsExitCode) {
  const ExitCode code = FromStatus(grpc::Status(GetParam().status, "text"));
  EXPECT_EQ(static_cast<int>(code), GetParam().exit_code);
}

INSTANTIATE_TEST_SUITE_P(
    OfGrpc, EveryStatus,
    testing::Values(Row{StatusCode::OK, 0}, Row{StatusCode::CANCELLED, 1},
                    Row{StatusCode::UNKNOWN, 1}, Row{StatusCode::INVALID_ARGUMENT, 2},
                    Row{StatusCode::DEADLINE_EXCEEDED, 8}, Row{StatusCode::NOT_FOUND, 3},
                    Row{StatusCode::ALREADY_EXISTS, 4}, Row{StatusCode::PERMISSION_DENIED, 1},
                    Row{StatusCode::RESOURCE_EXHAUSTED, 1}, Row{StatusCode::FAILED_PRECONDITION, 4},
                    Row{StatusCode::ABORTED, 4}, Row{StatusCode::OUT_OF_RANGE, 1},
                    Row{StatusCode::UNIMPLEMENTED, 1}, Row{StatusCode::INTERNAL, 1},
                    Row{StatusCode::UNAVAILABLE, 7}, Row{StatusCode::DATA_LOSS, 1},
                    Row{StatusCode::UNAUTHENTICATED, 1}),
    [](const testing::TestParamInfo<Row>& info) {
      return "Code" + std::to_string(static_cast<int>(info.param.status));
    });

TEST(ExitCodeHelp, NamesEveryCode) {
  const std::string help = kExitCodeHelp;
  for (const ExitCode code :
       {ExitCode::kOk, ExitCode::kError, ExitCode::kUsage, ExitCode::kNotFound, ExitCode::kState,
        ExitCode::kPartial, ExitCode::kUnreachable, ExitCode::kTimeout, ExitCode::kEndedFailed}) {
    const std::string number = std::to_string(static_cast<int>(code));
    EXPECT_NE(help.find("\n" + std::string(4 - number.size(), ' ') + number + "  "),
              std::string::npos)
        << number;
  }
}

}  // namespace
}  // namespace saga::cli
