#include "cli/store_copy.h"

#include <algorithm>
#include <istream>
#include <map>
#include <ostream>
#include <set>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/limits.h"
#include "call/event_codec.h"

namespace sotto::app {

namespace json = boost::json;

namespace {

constexpr auto kWorker = "copy";
constexpr std::size_t kPage = 500;
using Places = std::set<std::pair<std::string, std::int64_t>>;  // call, number

// --- out ---

// Parts that nobody owns, by call. They are let go of at the end.
Result<std::map<std::string, Claimed>> claim_all(OpenStore& store, Part part) {
  std::map<std::string, Claimed> out;
  for (;;) {
    auto some = store.ask<std::vector<Claimed>>([&](auto then) { store.log().claim(part, kWorker, kPage, then); });
    if (!some) return std::unexpected(some.error());
    if (some->empty()) return out;
    for (auto& one : *some) {
      auto id = one.info.id;
      out.insert_or_assign(std::move(id), std::move(one));
    }
  }
}

Result<std::vector<CallSummary>> all_calls(OpenStore& store) {
  std::vector<CallSummary> out;
  CallFilter filter{.limit = kPage};
  for (;;) {
    auto page = store.ask<std::vector<CallSummary>>([&](auto then) { store.calls().list(filter, then); });
    if (!page) return std::unexpected(page.error());
    if (page->empty()) break;
    filter.after = CallPlace{.started = page->back().info.started, .call = page->back().info.id};
    std::ranges::move(*page, std::back_inserter(out));
  }
  std::ranges::reverse(out);
  return out;
}

Result<Places> waiting_for(OpenStore& store, std::string const& consumer) {
  Places out;
  for (std::int64_t after = 0;;) {
    auto some = store.ask<std::vector<Sequenced>>([&](auto then) {
      store.log().follow({.consumer = consumer, .after = after, .types = {}, .most = kPage}, then);
    });
    if (!some) return std::unexpected(some.error());
    if (some->empty()) return out;
    after = some->back().sequence;
    for (auto const& one : *some) out.emplace(one.event.call, one.event.number);
  }
}

json::object header(std::map<std::string, Places> const& consumers) {
  json::object waiting;
  for (auto const& [name, places] : consumers) {
    json::array list;
    for (auto const& [call, number] : places) list.push_back(json::array{call, number});
    waiting[name] = std::move(list);
  }
  return {{"sotto_store", 1}, {"consumers", std::move(waiting)}};
}

json::object written(CallRecord const& record, Claimed const* speech, Claimed const* guidance) {
  json::array events;
  for (auto const& event : record.events)
    events.push_back(json::object{{"us", event.time.time_since_epoch().count()}, {"event", to_cloud_event(event)}});
  json::object ledger;
  for (auto const& [track, rows] : record.ledger) {
    json::array list;
    for (auto const& row : rows)
      list.push_back(json::array{row.from, row.to, name(row.coverage), row.utterance, row.reason});
    ledger[name(track)] = std::move(list);
  }
  json::object out{{"call", to_json(record.info)},
                   {"state", speech ? "live" : "ended"},
                   {"resume_digest", speech ? speech->resume_digest : ""},
                   {"ledger", std::move(ledger)},
                   {"events", std::move(events)}};
  if (guidance) out["guidance"] = {{"consumed", guidance->consumed}, {"snapshot", guidance->snapshot}};
  return out;
}

json::object written_erased(CallInfo const& info) {
  return {
      {"call", {{"call", info.id}, {"tenant", info.tenant}, {"started_us", info.started.time_since_epoch().count()}}},
      {"state", "erased"}};
}

template <typename Map>
auto const* find_in(Map const& map, std::string const& key) {
  auto const found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

Result<Copied> export_store(OpenStore& store, std::ostream& out, Progress const& progress) {
  store.pause(limits::kLease);  // leases of servers that were killed run out
  auto const speech = claim_all(store, Part::speech);
  if (!speech) return std::unexpected(speech.error());
  auto const guidance = claim_all(store, Part::guidance);
  if (!guidance) return std::unexpected(guidance.error());
  auto const calls = all_calls(store);
  if (!calls) return std::unexpected(calls.error());
  auto const carried = std::ranges::find_if(
      *calls, [&](CallSummary const& call) { return call.live && !speech->contains(call.info.id); });
  if (carried != calls->end())
    return fail("in_use", fmt::format("call {} is live on a server: stop the servers first", carried->info.id));
  std::map<std::string, Places> consumers;
  auto const names = store.ask<std::vector<std::string>>([&](auto then) { store.log().consumers(then); });
  if (!names) return std::unexpected(names.error());
  for (auto const& name : *names) {
    auto places = waiting_for(store, name);
    if (!places) return std::unexpected(places.error());
    consumers.emplace(name, std::move(*places));
  }
  out << json::serialize(header(consumers)) << '\n';
  Copied copied;
  for (auto const& call : *calls) {
    auto const& id = call.info.id;
    if (call.erased) {
      out << json::serialize(written_erased(call.info)) << '\n';
    } else {
      auto const record = store.ask<CallRecord>([&](auto then) { store.calls().load(id, then); });
      if (!record && record.error().code != "damaged") return std::unexpected(record.error());
      copied.damaged += !record;
      if (!record) continue;
      out << json::serialize(written(*record, find_in(*speech, id), find_in(*guidance, id))) << '\n';
      copied.events += record->events.size();
    }
    if (++copied.calls % 100 == 0) progress(copied.calls);
  }
  out << json::serialize(json::object{{"calls", copied.calls}}) << '\n';
  for (auto const* parts : {&*speech, &*guidance})
    for (auto const& [id, claimed] : *parts) store.log().release(claimed.lease);
  if (!out.flush()) return fail("cannot_write", "the file cannot be written");
  return copied;
}

// --- in ---

namespace {

std::unexpected<Error> bad(std::string const& what) { return fail("bad_file", what); }

Result<std::vector<LedgerRow>> read_rows(json::value const& value) {
  std::vector<LedgerRow> out;
  if (!value.is_array()) return bad("a ledger is no list");
  for (auto const& row : value.get_array()) {
    auto const* const list = row.if_array();
    if (!list || list->size() != 5 || !list->at(0).is_int64() || !list->at(1).is_int64() || !list->at(2).is_string() ||
        !list->at(3).is_int64() || !list->at(4).is_string())
      return bad("a row of a ledger is not five values");
    constexpr std::array kinds{Coverage::final, Coverage::silence, Coverage::pause, Coverage::gap};
    auto const kind = std::ranges::find(kinds, std::string_view(list->at(2).get_string()),
                                        [](Coverage coverage) { return name(coverage); });
    if (kind == kinds.end()) return bad("a row of a ledger has no known coverage");
    out.push_back({.from = list->at(0).get_int64(),
                   .to = list->at(1).get_int64(),
                   .coverage = *kind,
                   .utterance = list->at(3).get_int64(),
                   .reason = std::string(list->at(4).get_string())});
  }
  return out;
}

Result<std::vector<TrackUpdate>> read_ledger(json::object const& line, CallInfo const& info) {
  std::vector<TrackUpdate> out;
  auto const* const ledger = get_object(line, "ledger");
  for (auto const track : info.tracks) {
    auto const* const value = ledger ? ledger->if_contains(name(track)) : nullptr;
    if (!value) continue;
    auto rows = read_rows(*value);
    if (!rows) return std::unexpected(rows.error());
    auto const whole = Ledger::from_rows(*rows);
    if (!whole) return bad(fmt::format("the ledger of track {} does not cover it", name(track)));
    out.push_back({.track = track, .decided_before = 0, .decided_after = whole->decided(), .rows = std::move(*rows)});
  }
  return out;
}

Result<std::vector<NewEvent>> read_events(json::object const& line, std::string const& call) {
  std::vector<NewEvent> out;
  auto const* const events = get_array(line, "events");
  if (!events) return bad("a call without events");
  for (auto const& value : *events) {
    auto const* const object = value.if_object();
    auto const* const inner = object ? get_object(*object, "event") : nullptr;
    auto event = inner ? event_from_cloud_event(*inner) : std::unexpected(Error{"bad_file", "an event is no object"});
    if (!event) return bad(event.error().message);
    if (event->call != call || event->number != std::ssize(out) + 1)
      return bad(fmt::format("event {} of call {} is missing", std::ssize(out) + 1, call));
    out.push_back({.time = Time(Duration(get_int(*object, "us"))), .body = std::move(event->body)});
  }
  return out;
}

Result<void> append(OpenStore& store, Append batch) {
  auto const done = store.ask<std::int64_t>([&](auto then) { store.log().append(std::move(batch), then); });
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<void> import_erased(OpenStore& store, json::object const& call) {
  CallInfo const info{.id = get_string(call, "call"),
                      .tenant = get_string(call, "tenant"),
                      .tracks = {Track::customer},
                      .format = {},
                      .started = Time(Duration(get_int(call, "started_us")))};
  auto opened = append(store, {.lease = {info.id, Part::speech, 1}, .opening = Opening{info, "", kWorker}});
  if (!opened) return opened;
  return store.ask<void>([&](auto then) { store.log().erase(info.id, then); });
}

// The guidance of a call goes on where it was, or is done.
Result<void> import_guidance(OpenStore& store, std::string const& call, json::object const* guidance,
                             std::int64_t last) {
  auto const claimed = store.ask<std::optional<Claimed>>(
      [&](auto then) { store.log().claim_call(Part::guidance, kWorker, call, then); });
  if (!claimed) return std::unexpected(claimed.error());
  if (!*claimed) return fail("in_use", "call " + call + " is guided by a server: stop the servers first");
  Append batch{
      .lease = (*claimed)->lease, .consumed = guidance ? get_int(*guidance, "consumed") : last, .done = !guidance};
  if (guidance) {
    if (auto snapshot = get_string(*guidance, "snapshot"); !snapshot.empty()) batch.snapshot = std::move(snapshot);
  }
  auto done = append(store, std::move(batch));
  if (guidance) store.log().release((*claimed)->lease);
  return done;
}

Result<std::size_t> import_call(OpenStore& store, json::object const& line) {
  auto const* const object = get_object(line, "call");
  if (!object) return bad("this is no call");
  auto const state = get_string(line, "state");
  if (state == "erased") {
    auto done = import_erased(store, *object);
    if (!done) return std::unexpected(done.error());
    return 0;
  }
  auto info = from_json<CallInfo>(*object);
  if (!info) return bad(info.error().message);
  auto tracks = read_ledger(line, *info);
  if (!tracks) return std::unexpected(tracks.error());
  auto events = read_events(line, info->id);
  if (!events) return std::unexpected(events.error());
  auto const id = info->id;
  auto const count = events->size();
  Lease const lease{id, Part::speech, 1};
  bool const live = state == "live";
  auto done = append(store, {.lease = lease,
                             .opening = Opening{std::move(*info), get_string(line, "resume_digest"), kWorker},
                             .events = std::move(*events),
                             .tracks = std::move(*tracks),
                             .done = !live});
  if (!done) return std::unexpected(done.error());
  if (live) store.log().release(lease);
  done = import_guidance(store, id, get_object(line, "guidance"), static_cast<std::int64_t>(count));
  if (!done) return std::unexpected(done.error());
  return count;
}

Result<std::map<std::string, Places>> read_header(json::object const& line) {
  if (get_int(line, "sotto_store") != 1) return bad("this is no file of `sotto store export`");
  std::map<std::string, Places> out;
  auto const* const consumers = get_object(line, "consumers");
  if (!consumers) return out;
  for (auto const& [name, value] : *consumers) {
    auto& places = out[std::string(name)];
    if (!value.is_array()) return bad("what a consumer waits for is no list");
    for (auto const& place : value.get_array()) {
      auto const* const pair = place.if_array();
      if (!pair || pair->size() != 2 || !pair->at(0).is_string() || !pair->at(1).is_int64())
        return bad("what a consumer waits for is no call and number");
      places.emplace(std::string(pair->at(0).get_string()), pair->at(1).get_int64());
    }
  }
  return out;
}

// Everything but what it waits for has had its effect.
Result<void> settle_all(OpenStore& store, std::string const& consumer, Places const& waiting) {
  store.log().settle(consumer, 0, 0);
  for (std::int64_t after = 0, from = 1;;) {
    auto some = store.ask<std::vector<Sequenced>>([&](auto then) {
      store.log().follow({.consumer = consumer, .after = after, .types = {}, .most = kPage}, then);
    });
    if (!some) return std::unexpected(some.error());
    if (some->empty()) return {};
    for (auto const& one : *some) {
      after = one.sequence;
      bool const waits = waiting.contains({one.event.call, one.event.number});
      store.log().settle(consumer, from, waits ? after - 1 : after);
      from = after + 1;
    }
  }
}

}  // namespace

Result<Copied> import_store(OpenStore& store, std::istream& in, Progress const& progress) {
  auto const before = store.ask<std::vector<CallSummary>>([&](auto then) { store.calls().list({.limit = 1}, then); });
  if (!before) return std::unexpected(before.error());
  if (!before->empty()) return fail("not_empty", "the store holds calls already: import into a new one");
  Copied copied;
  std::map<std::string, Places> consumers;
  std::string text;
  for (std::size_t number = 1; std::getline(in, text); ++number) {
    auto const at = [&](Error const& error) {
      return fail(error.code, fmt::format("line {}: {}", number, error.message));
    };
    auto const line = parse_object(text);
    if (!line) return at({"bad_file", line.error().message});
    if (number == 1) {
      auto read = read_header(*line);
      if (!read) return at(read.error());
      consumers = std::move(*read);
    } else if (line->contains("calls")) {
      if (get_int(*line, "calls") != static_cast<std::int64_t>(copied.calls))
        return at(
            {"bad_file", fmt::format("the file says {} calls, and holds {}", get_int(*line, "calls"), copied.calls)});
      for (auto const& [name, waiting] : consumers)
        if (auto settled = settle_all(store, name, waiting); !settled) return std::unexpected(settled.error());
      return copied;
    } else {
      auto const events = import_call(store, *line);
      if (!events) return at(events.error());
      copied.events += *events;
      if (++copied.calls % 100 == 0) progress(copied.calls);
    }
  }
  return bad("the file was cut off: its last line is missing");
}

}  // namespace sotto::app
