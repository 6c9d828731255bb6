#include "live/log_tail.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

Event event(std::int64_t number) { return {.call = "c", .number = number}; }
std::vector<std::int64_t> numbers(std::vector<Event> const& events) {
  std::vector<std::int64_t> out;
  for (auto const& one : events) out.push_back(one.number);
  return out;
}
using Numbers = std::vector<std::int64_t>;

TEST(LogTail, GivesEachEventOnceAndInOrder) {
  LogTail tail;
  EXPECT_EQ(numbers(tail.on(event(1))), Numbers{1});
  EXPECT_EQ(numbers(tail.on(event(1))), Numbers{});
  EXPECT_EQ(numbers(tail.on(event(2))), Numbers{2});
  EXPECT_FALSE(tail.wants_read());
}

TEST(LogTail, ReadsWhatTheBusLeftOut) {
  LogTail tail(1);
  EXPECT_EQ(numbers(tail.on(event(4))), Numbers{});
  EXPECT_TRUE(tail.behind());
  EXPECT_EQ(tail.wants_read(), 1);
  EXPECT_FALSE(tail.wants_read()) << "one read at a time";
  EXPECT_EQ(numbers(tail.on(event(5))), Numbers{});
  EXPECT_EQ(numbers(tail.on_read({event(2), event(3)})), (Numbers{2, 3, 4, 5}));
  EXPECT_FALSE(tail.behind());
}

TEST(LogTail, ReadsPageAfterPage) {
  LogTail tail;
  tail.expect(1);
  std::vector<Event> page;
  for (std::size_t i = 1; i <= LogTail::kPage; ++i) page.push_back(event(static_cast<std::int64_t>(i)));
  EXPECT_EQ(tail.wants_read(), 0);
  EXPECT_EQ(tail.on_read(page).size(), LogTail::kPage);
  EXPECT_EQ(tail.wants_read(), static_cast<std::int64_t>(LogTail::kPage)) << "there may be more";
  EXPECT_TRUE(tail.on_read({}).empty());
  EXPECT_FALSE(tail.behind());
}

TEST(LogTail, ReadsAgainWhereTheLogDidNotAnswer) {
  LogTail tail;
  tail.expect(2);
  EXPECT_TRUE(tail.wants_read());
  tail.on_read_failed();
  EXPECT_TRUE(tail.wants_read());
}

}  // namespace
}  // namespace sotto
