#include "base/rfc3339.h"

namespace sotto {

namespace {

// Reads from the front of a text; what is not there makes it bad.
class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  // So many digits, `least` to `most`.
  int number(std::size_t digits, int least, int most) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + digit();
    good_ = good_ && value >= least && value <= most;
    return value;
  }
  // One of them; which is told.
  char one_of(std::string_view marks) {
    auto const mark = left_.empty() ? '\0' : left_.front();
    good_ = good_ && mark != '\0' && marks.contains(mark);
    if (good_) left_.remove_prefix(1);
    return mark;
  }
  // Of a second, after its point; finer ones are cut off.
  Duration fraction() {
    if (!left_.starts_with('.')) return {};
    left_.remove_prefix(1);
    std::int64_t value = digit();
    int places = 1;
    while (!left_.empty() && left_.front() >= '0' && left_.front() <= '9') {
      auto const next = digit();
      if (places < 6) value = value * 10 + next, ++places;
    }
    for (; places < 6; ++places) value *= 10;
    return Duration(value);
  }
  bool at_end() const { return left_.empty(); }
  bool good() const { return good_; }

 private:
  int digit() {
    good_ = good_ && !left_.empty() && left_.front() >= '0' && left_.front() <= '9';
    if (!good_) return 0;
    auto const value = left_.front() - '0';
    left_.remove_prefix(1);
    return value;
  }

  std::string_view left_;
  bool good_ = true;
};

}  // namespace

std::optional<Time> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  Reader in(text);
  year const in_year(in.number(4, 0, 9999));
  in.one_of("-");
  month const in_month(static_cast<unsigned>(in.number(2, 1, 12)));
  in.one_of("-");
  auto const date = in_year / in_month / day(static_cast<unsigned>(in.number(2, 1, 31)));
  if (!in.good() || !date.ok()) return std::nullopt;
  Time time = sys_days(date);
  if (in.at_end()) return time;
  in.one_of("Tt ");
  time += hours(in.number(2, 0, 23));
  in.one_of(":");
  time += minutes(in.number(2, 0, 59));
  in.one_of(":");
  time += seconds(in.number(2, 0, 60));
  time += in.fraction();
  auto const zone = in.one_of("Zz+-");
  if (zone == '+' || zone == '-') {
    auto offset = minutes(60 * in.number(2, 0, 23));
    in.one_of(":");
    offset += minutes(in.number(2, 0, 59));
    time -= zone == '+' ? offset : -offset;
  }
  return in.good() && in.at_end() ? std::optional(time) : std::nullopt;
}

}  // namespace sotto
