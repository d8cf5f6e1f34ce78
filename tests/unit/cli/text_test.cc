#include "cli/printer/text.h"

#include <gtest/gtest.h>

#include "cli/printer/table.h"

namespace saga::cli {
namespace {

TEST(OneLine, ControlCharactersBecomeBlanks) {
  EXPECT_EQ(OneLine("a\nb\r\tc"), "a b  c");
  EXPECT_EQ(OneLine("\x1b[31mred\x7f"), " [31mred ");
  EXPECT_EQ(OneLine("a\xc2\x9b"
                    "b"),
            "a b")
      << "a C1 control character";
  EXPECT_EQ(OneLine("über 東京"), "über 東京");
  EXPECT_EQ(OneLine(std::string("a\0b", 3)), "a b");
}

TEST(Columns, CountsWhatATerminalShows) {
  EXPECT_EQ(Columns(""), 0U);
  EXPECT_EQ(Columns("abc"), 3U);
  EXPECT_EQ(Columns("über"), 4U);
  EXPECT_EQ(Columns("東京"), 4U);
  EXPECT_EQ(Columns("e\xcc\x81"), 1U) << "a combining accent";
  EXPECT_EQ(Columns("\x1b[32mok\x1b[0m"), 2U);
  EXPECT_EQ(Columns("\xe6\x9d"), 1U) << "a character that is cut off";
}

TEST(Table, ColumnsLineUpWhateverIsInThem) {
  Table table({"GID", "MODE"});
  table.Add({"über", "saga"});
  table.Add({"東京-1", "tcc"});
  table.Add({"\x1b[32mok\x1b[0m", "msg"});
  EXPECT_EQ(table.Text(),
            "GID     MODE\n"
            "über    saga\n"
            "東京-1  tcc\n"
            "\x1b[32mok\x1b[0m      msg\n");
}

}  // namespace
}  // namespace saga::cli
