#include "orchestrator/engine/wake_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace saga::engine {
namespace {

using testing::ElementsAre;

TEST(WakeList, GivesWhatIsDueInOrder) {
  WakeList list;
  base::Time one = base::kNever;
  base::Time two = base::kNever;
  base::Time three = base::kNever;
  list.Set(1, &one, {30});
  list.Set(2, &two, {10});
  list.Set(3, &three, {20});
  EXPECT_EQ(list.Next(), base::Time{10});
  EXPECT_THAT(list.TakeDue({20}), ElementsAre(2, 3));
  EXPECT_EQ(list.Next(), base::Time{30});
}

TEST(WakeList, SettingAgainReplaces) {
  WakeList list;
  base::Time at = base::kNever;
  list.Set(1, &at, {30});
  list.Set(1, &at, {50});
  EXPECT_TRUE(list.TakeDue({40}).empty());
  list.Set(1, &at, base::kNever);
  EXPECT_EQ(list.Next(), base::kNever);
}

}  // namespace
}  // namespace saga::engine
