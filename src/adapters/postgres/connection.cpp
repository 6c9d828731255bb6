#include "adapters/postgres/connection.h"

#include <bit>
#include <cerrno>
#include <chrono>
#include <cstdlib>

#include <boost/endian/conversion.hpp>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include "base/check.h"

namespace sotto::postgres {

namespace {

// Object ids of types, fixed by PostgreSQL (pg_type.dat); an array's stands beside its element's.
enum : unsigned {
  kBool = 16,
  kBytea = 17,
  kInt8 = 20,
  kText = 25,
  kFloat8 = 701,
  kByteaArray = 1001,
  kTextArray = 1009,
  kInt8Array = 1016,
  kFloat8Array = 1022
};

template <typename Integer>
void put_big(std::string& out, Integer value) {
  auto const big = boost::endian::native_to_big(value);
  out.append(reinterpret_cast<char const*>(&big), sizeof big);
}

template <typename Integer>
Integer big(std::string_view bytes) {
  Integer value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return boost::endian::big_to_native(value);
}

// An array of one dimension in binary: dimensions, has nulls, element type, length, lower bound, then each element
// behind its length, -1 for null (src/backend/utils/adt/arrayfuncs.c, array_send).
template <typename Values, typename Put>
std::string array(unsigned element, Values const& values, Put put) {
  std::string out;
  put_big<std::int32_t>(out, values.empty() ? 0 : 1);
  put_big<std::int32_t>(out, 1);
  put_big<std::uint32_t>(out, element);
  if (values.empty()) return out;
  put_big<std::int32_t>(out, static_cast<std::int32_t>(values.size()));
  put_big<std::int32_t>(out, 1);
  for (auto const& value : values) put(out, value);
  return out;
}

void put_bytes(std::string& out, std::string_view bytes) {
  put_big<std::int32_t>(out, static_cast<std::int32_t>(bytes.size()));
  out += bytes;
}

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

std::string without_line_end(std::string_view message) {
  while (message.ends_with('\n')) message.remove_suffix(1);
  return std::string(message);
}

// Why there is no connection, and what to do where a password is the reason.
std::string why_not_open(PGconn* handle) {
  auto out = without_line_end(PQerrorMessage(handle));
  if (PQconnectionNeedsPassword(handle) == 1)
    out += "; put the password into a passfile that the address names (passfile=..), or into PGPASSWORD";
  else if (out.contains("password authentication failed"))
    out += "; set the right one in the passfile that the address names (passfile=..), or in PGPASSWORD";
  return out;
}

}  // namespace

// --- values ---

void Params::put(unsigned type, std::string bytes) {
  types_.push_back(type);
  values_.push_back(std::move(bytes));
}

void Params::add(std::int64_t value) {
  std::string bytes;
  put_big(bytes, value);
  put(kInt8, std::move(bytes));
}

void Params::add(bool value) { put(kBool, std::string(1, value ? '\1' : '\0')); }
void Params::add(std::string_view value) { put(kText, std::string(value)); }
void Params::add(Bytes value) { put(kBytea, std::string(value.value)); }

void Params::add(std::vector<std::int64_t> const& values) {
  put(kInt8Array, array(kInt8, values, [](std::string& out, std::int64_t value) {
        put_big<std::int32_t>(out, sizeof value);
        put_big(out, value);
      }));
}

void Params::add(std::vector<double> const& values) {
  put(kFloat8Array, array(kFloat8, values, [](std::string& out, double value) {
        put_big<std::int32_t>(out, sizeof value);
        put_big(out, std::bit_cast<std::int64_t>(value));
      }));
}

void Params::add(std::vector<std::string> const& values) {
  put(kTextArray, array(kText, values, [](std::string& out, std::string const& value) { put_bytes(out, value); }));
}

void Params::add(std::vector<std::optional<std::string>> const& values) {
  put(kByteaArray, array(kBytea, values, [](std::string& out, std::optional<std::string> const& value) {
        if (value) put_bytes(out, *value);
        else put_big<std::int32_t>(out, -1);
      }));
}

// --- answers ---

void Rows::clear(pg_result* result) { PQclear(result); }
int Rows::size() const { return PQntuples(result_.get()); }
std::int64_t Rows::changed() const { return std::strtoll(PQcmdTuples(result_.get()), nullptr, 10); }

std::string_view Rows::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t Rows::integer(int row, int column) const {
  auto const value = bytes(row, column);
  switch (value.size()) {
    case 2: return big<std::int16_t>(value);
    case 4: return big<std::int32_t>(value);
    case 8: return big<std::int64_t>(value);
    default: return 0;
  }
}

bool Rows::boolean(int row, int column) const {
  auto const value = bytes(row, column);
  return !value.empty() && value[0] != 0;
}

double Rows::real(int row, int column) const {
  auto const value = bytes(row, column);
  return value.size() == 8 ? std::bit_cast<double>(big<std::int64_t>(value)) : 0;
}

std::string Rows::text(int row, int column) const { return std::string(bytes(row, column)); }

// --- connection ---

Result<std::unique_ptr<Connection>> Connection::open(std::string const& address, Duration patience) {
  auto const seconds =
      std::to_string(std::max<std::int64_t>(2, std::chrono::ceil<std::chrono::seconds>(patience).count()));
  auto const milliseconds = std::to_string(std::chrono::ceil<std::chrono::milliseconds>(patience).count());
  char const* const names[] = {"connect_timeout",
                               "target_session_attrs",
                               "tcp_user_timeout",
                               "application_name",
                               "client_encoding",
                               "dbname",
                               nullptr};
  // What stands in `address` comes last and goes before.
  char const* const values[] = {seconds.c_str(), "read-write", milliseconds.c_str(), "sotto", "UTF8",
                                address.c_str(), nullptr};
  std::unique_ptr<Connection> out(new Connection(PQconnectdbParams(names, values, 1), patience));
  if (!out->handle_) return fail("store_failed", "PostgreSQL: no memory for a connection");
  if (PQstatus(out->handle_) != CONNECTION_OK) return fail("store_failed", "PostgreSQL: " + why_not_open(out->handle_));
  PQsetnonblocking(out->handle_, 1);
  PQsetNoticeProcessor(out->handle_, [](void*, char const*) {}, nullptr);
  if (PQenterPipelineMode(out->handle_) != 1) return out->lost("no pipeline mode");
  return out;
}

Connection::~Connection() { PQfinish(handle_); }

bool Connection::broken() const { return lost_ || PQstatus(handle_) != CONNECTION_OK; }

// Both are told by the server whenever they change (documentation, protocol flow: asynchronous operations).
bool Connection::read_only() const {
  auto const is_on = [this](char const* name) {
    auto const* const value = PQparameterStatus(handle_, name);
    return value && std::string_view(value) == "on";
  };
  return PQtransactionStatus(handle_) == PQTRANS_IDLE &&
         (is_on("default_transaction_read_only") || is_on("in_hot_standby"));
}

std::unexpected<Error> Connection::lost(std::string_view what) {
  lost_ = true;
  state_.clear();
  return fail("store_failed", fmt::format("PostgreSQL: {}", what));
}

std::unexpected<Error> Connection::failed(std::string_view what) {
  return lost(without_line_end(*PQerrorMessage(handle_) ? PQerrorMessage(handle_) : what));
}

Result<void> Connection::wait(bool or_write, Time until) {
  for (;;) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - now()).count();
    if (left <= 0) return lost("the server does not answer");
    pollfd socket{
        .fd = PQsocket(handle_), .events = static_cast<short>(POLLIN | (or_write ? POLLOUT : 0)), .revents = 0};
    auto const ready = poll(&socket, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return lost("its socket cannot be waited for");
    if (ready == 0) continue;
    if ((socket.revents & ~POLLOUT) != 0 && PQconsumeInput(handle_) != 1) return failed("the connection was lost");
    return {};
  }
}

Result<void> Connection::send(std::span<Query const> queries) {
  for (auto const& [sql, params] : queries) {
    auto const count = params.size();
    std::vector<char const*> values(count);
    std::vector<int> lengths(count), formats(count, 1);
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = params.values_[i].data();
      lengths[i] = static_cast<int>(params.values_[i].size());
    }
    if (PQsendQueryParams(handle_, sql.c_str(), static_cast<int>(count), params.types_.data(), values.data(),
                          lengths.data(), formats.data(), 1) != 1)
      return failed("a statement cannot be sent");
  }
  if (PQpipelineSync(handle_) != 1) return failed("statements cannot be sent");
  auto const until = now() + patience_;
  for (;;) {
    auto const left = PQflush(handle_);
    if (left < 0) return failed("the connection was lost");
    if (left == 0) return {};
    if (auto waited = wait(true, until); !waited) return waited;
  }
}

Result<std::vector<Rows>> Connection::receive(std::size_t count) {
  std::vector<Rows> out;
  out.reserve(count);
  std::optional<Error> error;
  auto const until = now() + patience_;
  for (;;) {
    while (PQisBusy(handle_) == 1) {
      if (auto waited = wait(false, until); !waited) return std::unexpected(waited.error());
    }
    auto* const result = PQgetResult(handle_);
    if (!result) {  // between two statements
      if (PQstatus(handle_) != CONNECTION_OK) return failed("the connection was lost");
      continue;
    }
    Rows rows(result);
    auto const status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) break;
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
      out.push_back(std::move(rows));
    } else if (status == PGRES_FATAL_ERROR && !error) {
      auto const* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
      state_ = state ? state : "";
      auto const* const message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
      error = Error{"store_failed", fmt::format("PostgreSQL: {}", message ? message : PQresultErrorMessage(result))};
    }
    if (PQstatus(handle_) != CONNECTION_OK) {
      if (!error) return failed("the connection was lost");
      lost_ = true;
      break;
    }
  }
  if (error) return std::unexpected(*error);
  CHECK(out.size() == count);
  return out;
}

Result<std::vector<Rows>> Connection::run(std::span<Query const> queries) {
  if (broken()) return lost("the connection was lost");
  if (auto sent = send(queries); !sent) return std::unexpected(sent.error());
  return receive(queries.size());
}

Result<void> Connection::execute(std::string const& sql) {
  if (broken()) return lost("the connection was lost");
  CHECK(PQexitPipelineMode(handle_) == 1);
  Rows const rows(PQexec(handle_, sql.c_str()));
  std::string const message = PQerrorMessage(handle_);
  if (PQenterPipelineMode(handle_) != 1) return lost(without_line_end(message));
  if (!message.empty()) return fail("store_failed", "PostgreSQL: " + without_line_end(message));
  return {};
}

Trouble trouble_of(std::string const& state) {
  std::string_view const group = std::string_view(state).substr(0, 2);
  if (group == "40" || state == "55P03") return Trouble::conflict;
  // Connection, resources, operator, system, statement cancelled, read-only, wrong password, no such table or right:
  // whatever is sent then fails.
  for (std::string_view const other : {"", "08", "53", "54", "57", "58", "25", "28", "3D", "42", "F0", "XX"}) {
    if (group == other) return Trouble::store;
  }
  return Trouble::data;
}

}  // namespace sotto::postgres
