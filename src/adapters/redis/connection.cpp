#include "adapters/redis/connection.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <hiredis/hiredis.h>

namespace sotto::redis {

namespace {

timeval of(Duration duration) {
  return {.tv_sec = duration.count() / 1'000'000, .tv_usec = duration.count() % 1'000'000};
}

std::unexpected<Error> failed(std::string_view what) { return fail("bus_failed", fmt::format("Redis: {}", what)); }

Reply copied(redisReply const& reply) {
  Reply out;
  switch (reply.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS: out.kind = Reply::Kind::text; break;
    case REDIS_REPLY_ERROR: out.kind = Reply::Kind::error; break;
    case REDIS_REPLY_INTEGER: out.kind = Reply::Kind::integer; break;
    case REDIS_REPLY_ARRAY: out.kind = Reply::Kind::list; break;
    default: return out;
  }
  if (reply.str) out.text.assign(reply.str, static_cast<std::size_t>(reply.len));
  out.integer = reply.integer;
  for (std::size_t i = 0; i < reply.elements; ++i) out.list.push_back(copied(*reply.element[i]));
  return out;
}

struct Place {
  std::string host;
  int port = 6379;
};

Place place_of(std::string const& text) {
  auto const colon = text.rfind(':');
  Place out{.host = text.substr(0, colon)};
  if (colon != std::string::npos) std::from_chars(text.data() + colon + 1, text.data() + text.size(), out.port);
  return out;
}

Result<redisContext*> connect(std::string const& address, Duration patience) {
  auto* const context = address.starts_with('/') ? redisConnectUnixWithTimeout(address.c_str(), of(patience))
                                                 : redisConnectWithTimeout(place_of(address).host.c_str(),
                                                                           place_of(address).port, of(patience));
  if (!context) return failed("no memory for a connection");
  if (context->err == 0 && redisSetTimeout(context, of(patience)) == REDIS_OK) return context;
  auto const why = failed(fmt::format("{}: {}", address, context->errstr));
  redisFree(context);
  return why;
}

}  // namespace

Connection::~Connection() { redisFree(context_); }

std::unexpected<Error> Connection::lost() const {
  return failed(context_->errstr[0] ? context_->errstr : "the connection was lost");
}

// The first sentinel that knows the master.
static Result<std::string> master_of(BusSettings const& settings, Duration patience) {
  Error error{"bus_failed", "Redis: no Sentinel is named"};
  for (auto const& sentinel : settings.sentinels) {
    BusSettings const alone{.redis = sentinel, .sentinels = {}, .master = {}, .user = {}, .password_file = {}};
    auto const connection = Connection::open(alone, patience);
    auto const told = connection ? (*connection)->ask({"SENTINEL", "get-master-addr-by-name", settings.master})
                                 : std::unexpected(connection.error());
    if (told && told->list.size() == 2) return told->list[0].text + ":" + told->list[1].text;
    error = told ? failed(fmt::format("Sentinel {} knows no master \"{}\"", sentinel, settings.master)).error()
                 : told.error();
  }
  return std::unexpected(error);
}

Result<std::unique_ptr<Connection>> Connection::open(BusSettings const& settings, Duration patience) {
  auto const address = settings.sentinels.empty() ? Result<std::string>(settings.redis) : master_of(settings, patience);
  if (!address) return std::unexpected(address.error());
  auto const context = connect(*address, patience);
  if (!context) return std::unexpected(context.error());
  std::unique_ptr<Connection> out(new Connection(*context));
  if (auto greeted = out->greet(settings); !greeted) return std::unexpected(greeted.error());
  return out;
}

Result<void> Connection::greet(BusSettings const& settings) {
  if (settings.password.empty()) return {};
  Command command{"AUTH"};
  if (!settings.user.empty()) command.push_back(settings.user);
  command.push_back(settings.password);
  auto const told = ask(command);
  if (!told)
    return failed("the password is refused: set the right one in `bus.password_file`, and its user in `bus.user`");
  return {};
}

Result<std::vector<Reply>> Connection::run(std::span<Command const> commands) {
  for (auto const& command : commands) {
    std::vector<char const*> words;
    std::vector<std::size_t> lengths;
    for (auto const& word : command) {
      words.push_back(word.data());
      lengths.push_back(word.size());
    }
    if (redisAppendCommandArgv(context_, static_cast<int>(words.size()), words.data(), lengths.data()) != REDIS_OK)
      return lost();
  }
  std::vector<Reply> out;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    void* reply = nullptr;
    if (redisGetReply(context_, &reply) != REDIS_OK) return lost();
    out.push_back(copied(*static_cast<redisReply*>(reply)));
    freeReplyObject(reply);
  }
  return out;
}

Result<Reply> Connection::ask(Command const& command) {
  auto replies = run(std::array{command});
  if (!replies) return std::unexpected(replies.error());
  auto& reply = replies->front();
  if (reply.kind == Reply::Kind::error) return failed(reply.text);
  return std::move(reply);
}

// A line of INFO.
static std::string fact(std::string const& info, std::string_view name) {
  auto const at = info.find(fmt::format("\n{}:", name));
  if (at == std::string::npos) return "";
  auto const from = at + name.size() + 2;
  return info.substr(from, info.find('\r', from) - from);
}

Result<void> check_server(Connection& connection) {
  auto const info = connection.ask({"INFO"});
  if (!info && info.error().message.contains("NOAUTH"))
    return failed("it asks for a password: name the file that holds it, `bus.password_file`");
  if (!info) return std::unexpected(info.error());
  auto const version = fact(info->text, "redis_version");
  int major = 0, minor = 0;
  auto const dot = std::from_chars(version.data(), version.data() + version.size(), major).ptr;
  if (dot != version.data() + version.size()) std::from_chars(dot + 1, version.data() + version.size(), minor);
  if (major < 6 || (major == 6 && minor < 2))
    return fail("bus_unfit", fmt::format("Redis is {}: the bus needs 6.2 or newer", version));
  auto const policy = fact(info->text, "maxmemory_policy");
  if (!policy.empty() && policy != "noeviction")
    return fail("bus_unfit",
                fmt::format("Redis throws away what it is given (maxmemory-policy {}): set noeviction, and "
                            "give the bus a Redis of its own",
                            policy));
  return {};
}

}  // namespace sotto::redis
