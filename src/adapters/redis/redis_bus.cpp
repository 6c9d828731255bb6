#include "adapters/redis/redis_bus.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/redis/notice_codec.h"
#include "call/event_codec.h"

namespace sotto::redis {

namespace {

constexpr std::int64_t kWaitingBytesMax = 32 << 20;
constexpr std::size_t kAtOnce = 500;
constexpr auto kEntriesMax = "2000";  // of a stream, about
constexpr Duration kPatience = std::chrono::seconds(3);
constexpr auto kBlock = "300";  // ms
constexpr auto kGroup = "guidance";

std::string call_of(Notice const& notice) {
  return std::visit([](auto const& one) { return one.call; }, notice);
}

CallStarted const* started(Notice const& notice) {
  auto const* event = std::get_if<Event>(&notice);
  return event ? event->as<CallStarted>() : nullptr;
}

bool takes_words_back(Notice const& notice) {
  auto const* event = std::get_if<Event>(&notice);
  return std::holds_alternative<Erased>(notice) || (event && event->is<EventRedacted>());
}

// "1700000000000-3"
std::pair<std::int64_t, std::int64_t> numbers_of(std::string const& id) {
  std::pair<std::int64_t, std::int64_t> out{0, 0};
  auto const dash = std::min(id.find('-'), id.size());
  std::from_chars(id.data(), id.data() + dash, out.first);
  if (dash < id.size()) std::from_chars(id.data() + dash + 1, id.data() + id.size(), out.second);
  return out;
}

std::map<std::string, std::string> fields_of(Reply const& list) {
  std::map<std::string, std::string> out;
  for (std::size_t i = 0; i + 1 < list.list.size(); i += 2) out[list.list[i].text] = list.list[i + 1].text;
  return out;
}

std::string at(std::map<std::string, std::string> const& fields, std::string const& key) {
  auto const found = fields.find(key);
  return found == fields.end() ? "" : found->second;
}

}  // namespace

// Somebody here wants to hear of a call, or is its owner.
class RedisBus::Interest final : public EventBus::Subscription {
 public:
  Interest(RedisBus& bus, std::string call, std::unique_ptr<Subscription> inner)
      : bus_(bus), alive_(bus.alive_), call_(std::move(call)), inner_(std::move(inner)) {
    Lock const hold(bus_.state_mutex_);
    ++bus_.interests_[call_];
  }
  ~Interest() override {
    if (!*alive_) return;
    Lock const hold(bus_.state_mutex_);
    if (--bus_.interests_[call_] == 0) bus_.interests_.erase(call_);
  }

 private:
  RedisBus& bus_;
  std::shared_ptr<bool> alive_;
  std::string const call_;
  std::unique_ptr<Subscription> inner_;
};

Result<std::unique_ptr<RedisBus>> RedisBus::open(BusSettings settings, std::string const& cluster, std::string worker,
                                                 Executor& executor, FindKey find_key) {
  auto const connection = Connection::open(settings, kPatience);
  if (!connection) return std::unexpected(connection.error());
  if (auto fit = check_server(**connection); !fit) return std::unexpected(fit.error());
  std::unique_ptr<RedisBus> out(new RedisBus(std::move(settings), cluster, std::move(worker), executor, find_key));
  return out;
}

RedisBus::RedisBus(BusSettings settings, std::string const& cluster, std::string worker, Executor& executor,
                   FindKey find_key)
    : settings_(std::move(settings)),
      prefix_(fmt::format("{{sotto:{}}}:", cluster)),
      worker_(std::move(worker)),
      executor_(executor),
      find_key_(std::move(find_key)),
      writer_([this] { write_all(); }),
      reader_([this] { read_all(); }),
      taker_([this] { take_all(); }) {}

RedisBus::~RedisBus() {
  *alive_ = false;
  {
    Lock const hold(state_mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  entries_.close();
  for (auto* thread : {&writer_, &reader_, &taker_}) thread->join();
}

std::string RedisBus::stream_of(std::string const& call) const {
  return fmt::format("{}calls:{}", prefix_, std::hash<std::string_view>()(call) % kShards);
}

void RedisBus::note(Side side, std::string trouble) {
  Lock const hold(state_mutex_);
  auto& place = trouble_.at(static_cast<std::size_t>(side));
  if (place.empty() != trouble.empty()) {
    if (trouble.empty()) spdlog::info("the bus works again");
    else spdlog::warn("the bus does not work: {}; what is told meanwhile is read in the log", trouble);
  }
  place = std::move(trouble);
}

std::string RedisBus::trouble() const {
  Lock const hold(state_mutex_);
  return trouble_[0].empty() ? trouble_[1] : trouble_[0];
}

// --- on the loop ---

void RedisBus::post(Entry entry) {
  auto const bytes = static_cast<std::int64_t>(entry.text.size() + 200);
  if (waiting_bytes_ + bytes > kWaitingBytesMax) {
    ++dropped_;
    return;
  }
  waiting_bytes_ += bytes;
  entries_.push(std::move(entry));
}

void RedisBus::publish(Notice const& notice) {
  local_.publish(notice);
  auto const call = call_of(notice);
  auto text = encode(notice);
  if (started(notice) && !local_.taken()) post({.stream = prefix_ + "new", .kind = "new", .call = call, .text = text});
  post({.stream = stream_of(call),
        .kind = "notice",
        .call = call,
        .text = std::move(text),
        .cuts = takes_words_back(notice)});
}

std::unique_ptr<EventBus::Subscription> RedisBus::follow(Topic topic, Follow deliver) {
  auto call = topic.call;
  return std::make_unique<Interest>(*this, std::move(call), local_.follow(std::move(topic), std::move(deliver)));
}

std::unique_ptr<EventBus::Subscription> RedisBus::take_new(Follow deliver) {
  ++takers_;
  return local_.take_new(std::move(deliver));
}

std::unique_ptr<EventBus::Subscription> RedisBus::serve(std::string const& call, Part part, Serve serve) {
  return std::make_unique<Interest>(*this, call, local_.serve(call, part, std::move(serve)));
}

void RedisBus::send(std::string const& call, CallCommand command, Then<void> then) {
  if (local_.serves(call, part_of(command))) return local_.send(call, std::move(command), std::move(then));
  if (auto const why = trouble(); !why.empty())
    return then(fail("bus_failed", "what is asked of the call cannot reach it now: " + why));
  auto const request = fmt::format("{}", next_request_++);
  asked_.emplace(request, Asked{std::move(then), Clock::now() + kAnswered});
  post({.stream = stream_of(call),
        .kind = "command",
        .call = call,
        .text = encode(command),
        .fields = {"from", worker_, "request", request}});
}

void RedisBus::tick() {
  auto const now = Clock::now();
  for (auto one = asked_.begin(); one != asked_.end();) {
    if (one->second.until > now) {
      ++one;
      continue;
    }
    auto const then = std::move(one->second.then);
    one = asked_.erase(one);
    then(fail("not_live", "nobody carries the call"));
  }
}

void RedisBus::on_command(std::string const& call, std::string const& text, std::string const& from,
                          std::string const& request) {
  auto command = decode_command(text);
  if (!command || !local_.serves(call, part_of(*command))) return;
  local_.send(call, std::move(*command), [this, alive = alive_, call, from, request](Result<void> const& done) {
    if (!*alive) return;
    post({.stream = prefix_ + "answers:" + from,
          .kind = "answer",
          .call = call,
          .text = done ? "" : done.error().message,
          .fields = {"request", request, "code", done ? "" : done.error().code}});
  });
}

void RedisBus::on_answer(std::string const& request, std::string const& code, std::string const& message) {
  auto const found = asked_.find(request);
  if (found == asked_.end()) return;
  auto const then = std::move(found->second.then);
  asked_.erase(found);
  then(code.empty() ? Result<void>() : fail(code, message));
}

// --- the thread that writes ---

void RedisBus::pause() {
  Lock const hold(state_mutex_);
  if (!stopping_) stopped_.wait_for(state_mutex_, std::chrono::milliseconds(100));
}

Result<Command> RedisBus::command_of(Entry const& entry) {
  if (!entry.done.empty()) return Command{"XACK", entry.stream, kGroup, entry.done};
  auto const key = find_key_(0);
  if (!key) return std::unexpected(key.error());
  Command out{"XADD",      entry.stream,
              "MAXLEN",    "~",
              kEntriesMax, "*",
              "kind",      entry.kind,
              "of",        worker_,
              "call",      entry.call,
              "key",       fmt::format("{}", key->id),
              "text",      seal(**key->key, entry.kind + "|" + entry.call, entry.text)};
  out.insert(out.end(), entry.fields.begin(), entry.fields.end());
  return out;
}

Result<void> RedisBus::write_some(std::unique_ptr<Connection>& connection, std::vector<Entry> const& entries) {
  if (!connection) {
    auto made = Connection::open(settings_, kPatience);
    if (!made) return std::unexpected(made.error());
    connection = std::move(*made);
  }
  std::vector<Command> commands;
  for (auto const& entry : entries) {
    auto command = command_of(entry);
    if (!command) return std::unexpected(command.error());
    commands.push_back(std::move(*command));
  }
  auto const replies = connection->run(commands);
  if (!replies) return std::unexpected(replies.error());
  std::vector<Command> cuts;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto const& reply = replies->at(i);
    if (reply.kind == Reply::Kind::error) return fail("bus_failed", "Redis: " + reply.text);
    if (entries[i].cuts) cuts.push_back({"XTRIM", entries[i].stream, "MINID", reply.text});
    if (entries[i].kind == "answer") cuts.push_back({"EXPIRE", entries[i].stream, "60"});
  }
  if (cuts.empty()) return {};
  if (auto cut = connection->run(cuts); !cut) return std::unexpected(cut.error());
  return {};
}

void RedisBus::write_all() {
  std::unique_ptr<Connection> connection;
  for (;;) {
    auto waiting = entries_.take();
    if (waiting.empty()) return;
    while (!waiting.empty()) {
      std::vector<Entry> some;
      while (!waiting.empty() && some.size() < kAtOnce) {
        waiting_bytes_ -= static_cast<std::int64_t>(waiting.front().text.size() + 200);
        some.push_back(std::move(waiting.front()));
        waiting.pop_front();
      }
      auto const done = write_some(connection, some);
      note(Side::writing, done ? "" : done.error().message);
      if (done) continue;
      connection.reset();
      dropped_ += static_cast<std::int64_t>(some.size());
      pause();
    }
  }
}

// --- the thread that reads ---

bool RedisBus::wanted(std::string const& call) {
  Lock const hold(state_mutex_);
  return interests_.contains("") || interests_.contains(call);
}

Result<std::string> RedisBus::text_of(Arrived const& arrived) {
  KeyId id = 0;
  auto const key_text = at(arrived.fields, "key");
  std::from_chars(key_text.data(), key_text.data() + key_text.size(), id);
  auto const key = find_key_(id);
  if (!key) return std::unexpected(key.error());
  return unseal(**key->key, at(arrived.fields, "kind") + "|" + at(arrived.fields, "call"), at(arrived.fields, "text"));
}

void RedisBus::arrive(Arrived const& arrived) {
  auto const kind = at(arrived.fields, "kind"), call = at(arrived.fields, "call");
  if (at(arrived.fields, "of") == worker_ && kind != "new") return;
  if (kind != "answer" && kind != "new" && !wanted(call)) return;
  auto const text = text_of(arrived);
  if (!text) return;  // of an hour that is over, or another cluster's
  if (kind == "notice" || kind == "new") {
    auto notice = decode_notice(*text);
    if (!notice) return spdlog::warn("a notice of call {} cannot be read: {}", call, notice.error().message);
    executor_.post([this, alive = alive_, kind, id = arrived.id, notice = std::move(*notice)] {
      if (!*alive) return;
      if (kind == "notice") return local_.publish(notice);
      local_.tell_taker(notice);
      post({.stream = prefix_ + "new", .kind = kind, .call = "", .text = "", .done = id});
    });
  } else if (kind == "command") {
    executor_.post([this, alive = alive_, call, text = *text, from = at(arrived.fields, "from"),
                    request = at(arrived.fields, "request")] {
      if (*alive) on_command(call, text, from, request);
    });
  } else if (kind == "answer") {
    executor_.post([this, alive = alive_, text = *text, request = at(arrived.fields, "request"),
                    code = at(arrived.fields, "code")] {
      if (*alive) on_answer(request, code, text);
    });
  }
}

// From the newest entry on; where a stream has become younger than what was read of it, it was lost, and begins anew.
static Result<void> find_ends(Connection& connection, std::map<std::string, std::string>& last) {
  for (auto& [stream, id] : last) {
    auto const newest = connection.ask({"XREVRANGE", stream, "+", "-", "COUNT", "1"});
    if (!newest) return std::unexpected(newest.error());
    auto const end = newest->list.empty() ? std::string("0-0") : newest->list[0].list.at(0).text;
    if (id.empty() || numbers_of(id) > numbers_of(end)) id = end;
  }
  return {};
}

Result<void> RedisBus::read_some(std::unique_ptr<Connection>& connection, std::map<std::string, std::string>& last) {
  if (!connection) {
    auto made = Connection::open(settings_, kPatience);
    if (!made) return std::unexpected(made.error());
    connection = std::move(*made);
    if (auto found = find_ends(*connection, last); !found) return found;
  }
  Command command{"XREAD", "COUNT", "1000", "BLOCK", kBlock, "STREAMS"};
  for (auto const& [stream, id] : last) command.push_back(stream);
  for (auto const& [stream, id] : last) command.push_back(id);
  auto const reply = connection->ask(command);
  if (!reply) return std::unexpected(reply.error());
  for (auto const& stream : reply->list) {
    for (auto const& entry : stream.list.at(1).list) {
      last[stream.list[0].text] = entry.list.at(0).text;
      arrive({.id = entry.list[0].text, .fields = fields_of(entry.list.at(1))});
    }
  }
  return {};
}

void RedisBus::read_all() {
  std::map<std::string, std::string> last{{prefix_ + "answers:" + worker_, ""}};
  for (int shard = 0; shard < kShards; ++shard) last.emplace(fmt::format("{}calls:{}", prefix_, shard), "");
  std::unique_ptr<Connection> connection;
  while (!stopping_) {
    auto const done = read_some(connection, last);
    note(Side::reading, done ? "" : done.error().message);
    if (done) continue;
    connection.reset();
    pause();
  }
}

// --- the thread that takes new calls ---

Result<void> RedisBus::take_some(std::unique_ptr<Connection>& connection, Clock::time_point& claimed) {
  auto const stream = prefix_ + "new";
  if (!connection) {
    auto made = Connection::open(settings_, kPatience);
    if (!made) return std::unexpected(made.error());
    connection = std::move(*made);
    auto const group = connection->run(std::array{Command{"XGROUP", "CREATE", stream, kGroup, "$", "MKSTREAM"}});
    if (!group) return std::unexpected(group.error());
    if (group->front().kind == Reply::Kind::error && !group->front().text.starts_with("BUSYGROUP"))
      return fail("bus_failed", "Redis: " + group->front().text);
  }
  // What was given to a process that is gone.
  if (Clock::now() - claimed > std::chrono::seconds(2)) {
    claimed = Clock::now();
    auto const left = connection->ask({"XAUTOCLAIM", stream, kGroup, worker_, "5000", "0-0", "COUNT", "100"});
    if (!left) return std::unexpected(left.error());
    if (left->list.size() > 1) {
      for (auto const& entry : left->list[1].list)
        if (entry.list.size() == 2) arrive({.id = entry.list[0].text, .fields = fields_of(entry.list[1])});
    }
  }
  auto const reply =
      connection->ask({"XREADGROUP", "GROUP", kGroup, worker_, "COUNT", "16", "BLOCK", kBlock, "STREAMS", stream, ">"});
  if (!reply) return std::unexpected(reply.error());
  for (auto const& of_stream : reply->list)
    for (auto const& entry : of_stream.list.at(1).list)
      arrive({.id = entry.list.at(0).text, .fields = fields_of(entry.list.at(1))});
  return {};
}

void RedisBus::take_all() {
  std::unique_ptr<Connection> connection;
  auto claimed = Clock::now();
  while (!stopping_) {
    if (takers_ == 0 || !take_some(connection, claimed)) {
      connection.reset();
      pause();
    }
  }
}

}  // namespace sotto::redis
