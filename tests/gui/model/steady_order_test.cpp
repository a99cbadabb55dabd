#include "gui/model/steady_order.h"

#include <gtest/gtest.h>

#include <string>

namespace loopscope::gui {
namespace {

TEST(Rows, KeepTheirPlacesWhileTheirOrderChanges) {
  using Names = std::vector<std::string>;
  const auto ordered = [](const Names& before, const Names& now) {
    Names names;
    for (const std::size_t i : steady_order(before, now)) names.push_back(now[i]);
    return names;
  };
  EXPECT_EQ(ordered({"a", "b", "c"}, {"c", "a", "b"}), (Names{"a", "b", "c"}));
  EXPECT_EQ(ordered({"a", "b"}, {"new", "b", "a"}), (Names{"a", "b", "new"}));
  EXPECT_EQ(ordered({"a", "b", "c"}, {"c", "a"}), (Names{"a", "c"}));
  EXPECT_EQ(ordered({"a"}, {"a", "a"}), (Names{"a", "a"}));
}

}  // namespace
}  // namespace loopscope::gui
