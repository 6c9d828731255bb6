#include "adapters/postgres/access_rows.h"

#include <array>
#include <vector>

#include "adapters/access_chain/access_chain.h"

namespace sotto::postgres {

namespace {

constexpr std::int64_t kPage = 1000;

}  // namespace

AccessRows::AccessRows(std::string address, Executor& loop)
    : link_(std::move(address)), thread_(loop, [this](auto const& group) { return write(group); }) {}

Result<void> AccessRows::write(std::deque<AccessEntry> const& group) {
  auto added = add(group);
  if (added) return {};
  link_.reset();
  return fail("access_log_failed", added.error().message);
}

// All of the group or nothing of it.
Result<void> AccessRows::add(std::deque<AccessEntry> const& group) {
  auto const connection = link_.get();
  if (!connection) return std::unexpected(connection.error());
  auto const newest =
      (*connection)
          ->run(std::array{begin(), of_tenant("*"), Query{"SELECT pg_advisory_xact_lock(hashtext('sotto.access'))"},
                           Query{"SELECT line FROM sotto.access ORDER BY number DESC LIMIT 1"}});
  if (!newest) return std::unexpected(newest.error());
  app::ChainEnd end;
  if (auto const& row = newest->back(); row.size() > 0) {
    auto const read = app::read_line(row.text(0, 0));
    if (!read) return std::unexpected(read.error());
    end = read->at;
  }
  std::vector<std::int64_t> numbers;
  std::vector<std::string> lines;
  for (auto const& entry : group) {
    lines.push_back(app::next_line(entry, end));
    numbers.push_back(end.number);
  }
  auto const added =
      (*connection)
          ->run(
              std::array{Query{"INSERT INTO sotto.access(number, line) SELECT * FROM unnest($1::bigint[], $2::text[])",
                               Params(numbers, lines)},
                         commit()});
  if (!added) return std::unexpected(added.error());
  return {};
}

Result<void> each_access_row(Connection& connection, std::function<Result<void>(std::string_view)> const& line) {
  for (std::int64_t behind = 0;;) {
    auto const rows = connection.run(std::array{Query{
        "SELECT number, line FROM sotto.access WHERE number > $1 ORDER BY number LIMIT $2", Params(behind, kPage)}});
    if (!rows) return std::unexpected(rows.error());
    auto const& page = rows->front();
    for (int row = 0; row < page.size(); ++row) {
      if (auto done = line(page.text(row, 1)); !done) return done;
      behind = page.integer(row, 0);
    }
    if (page.size() < kPage) return {};
  }
}

}  // namespace sotto::postgres
