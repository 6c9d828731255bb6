#include "api/http_api.h"

#include <fstream>
#include <sstream>

#include <boost/asio/post.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <spdlog/spdlog.h>

#include "api/call_listing.h"
#include "api/knowledge_answer.h"
#include "api/page_api.h"
#include "api/redaction_request.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "call/event_codec.h"
#include "live/ingest/messages.h"

namespace sotto::app {

namespace json = boost::json;

namespace {

net::HttpResponse ok(json::value const& body, int status = 200) {
  return {.status = status, .body = json::serialize(body)};
}

net::HttpResponse refuse(int status, Error const& error) {
  return ok(json::object{{"error", json::object{{"code", error.code}, {"message", error.message}}}}, status);
}

net::HttpResponse refuse(Error const& error) { return refuse(status_of(error.code), error); }

using Coverages = std::optional<std::map<Track, TrackCoverage>>;

// `now`: what is known of a live call beyond what is stored.
json::object coverage_json(CallRecord const& call, Coverages const& now) {
  json::object tracks;
  for (auto const& [track, rows] : call.ledger) {
    json::object sums{{"rows", to_json(rows, call.info.format.rate)}};
    bool const live = now && now->contains(track);
    for (auto& [key, sum] : to_json(live ? now->at(track) : in_ms(totals(rows), call.info.format.rate)))
      sums.emplace(key, sum);
    tracks[name(track)] = std::move(sums);
  }
  return {{"call", call.info.id}, {"rate", call.info.format.rate}, {"tracks", std::move(tracks)}};
}

json::object call_json(CallRecord const& call) {
  delivery::CallView view;
  for (auto const& event : call.events) view.apply(event);
  auto out = view.to_json();
  out["coverage"] = coverage_json(call, std::nullopt)["tracks"];
  return out;
}

json::object events_json(CallRecord const& call) {
  json::array events;
  for (auto const& event : call.events) events.push_back(to_cloud_event(event));
  return {{"call", call.info.id}, {"events", std::move(events)}};
}

char const* content_type(std::string const& extension) {
  static std::map<std::string, char const*> const types{{".html", "text/html; charset=utf-8"},
                                                        {".js", "text/javascript"},
                                                        {".css", "text/css"},
                                                        {".svg", "image/svg+xml"},
                                                        {".json", "application/json"},
                                                        {".png", "image/png"}};
  auto const found = types.find(extension);
  return found == types.end() ? "application/octet-stream" : found->second;
}

}  // namespace

// The page is one file for every address that is no resource: its own code reads the address.
static bool is_page(net::HttpRequest const& request) {
  return (request.method == "GET" || request.method == "HEAD") && request.segments.front() != "v1";
}

std::expected<net::RouteRule, net::HttpResponse> HttpApi::page_rule(net::HttpRequest const& request) {
  if (is_page(request)) return net::RouteRule{.needs = Permission::none};
  if (request.segments.front() == "v1") return std::unexpected(refuse(404, {"not_found", "there is no resource here"}));
  auto refused = refuse(405, {"bad_method", request.method + " is not for the page's addresses; GET, HEAD is"});
  refused.headers["Allow"] = "GET, HEAD";
  return std::unexpected(std::move(refused));
}

void HttpApi::page(net::HttpRequest const& request, Respond const& respond) const { respond(file(request.path)); }

void HttpApi::no_socket(std::string const&, net::HttpRequest const&, Respond respond) {
  auto refused = refuse(426, {"upgrade_required", "this address is a WebSocket"});
  refused.headers["Upgrade"] = "websocket";
  respond(std::move(refused));
}

void HttpApi::answer_later(std::function<net::HttpResponse()> read, Respond respond) {
  boost::asio::post(reads_, [this, read = std::move(read), respond = std::move(respond)]() mutable {
    parts_.loop.post([respond = std::move(respond), response = read()]() mutable { respond(std::move(response)); });
  });
}

// What the caller may not see is answered as if it were not there.
delivery::CallFeed const* HttpApi::live(std::string const& call, net::HttpRequest const& request) const {
  auto const* const feed = parts_.followed.find(call);
  if (!feed) return nullptr;
  auto const* const info = feed->view().info();
  return request.caller.scope.covers(info ? scope_of(*info) : Scope()) ? feed : nullptr;
}

static Error not_live(std::string const& call) { return {"not_live", "call " + call + " is not live"}; }

void HttpApi::list_calls(std::string const&, net::HttpRequest const& request, Respond respond) {
  auto page = asked_page(request.query, request.caller.scope);
  if (!page) return respond(refuse(page.error()));
  if (page->none) return respond(ok(page_json(*page, {}, {})));
  std::map<std::string, std::int64_t> live;
  parts_.followed.for_each(
      [&](std::string const& call, delivery::CallFeed const& feed) { live[call] = feed.media_ms(); });
  auto filter = page->filter;
  parts_.index.list(std::move(filter), [live = std::move(live), page = std::move(*page),
                                        respond = std::move(respond)](Result<std::vector<CallSummary>> calls) {
    respond(calls ? ok(page_json(page, *calls, live)) : refuse(calls.error()));
  });
}

void HttpApi::call(std::string const& call, net::HttpRequest const& request, Respond respond) {
  auto const* const feed = live(call, request);
  if (!feed) return stored(call, request, call_json, std::move(respond));
  auto view = feed->view().to_json();  // what is not stored yet is there too
  auto shape = [view = std::move(view), now = feed->coverage()](CallRecord const& record) mutable {
    view["coverage"] = coverage_json(record, now)["tracks"];
    return view;
  };
  stored(call, request, std::move(shape), std::move(respond));
}

void HttpApi::events(std::string const& call, net::HttpRequest const& request, Respond respond) {
  stored(call, request, events_json, std::move(respond));
}

void HttpApi::coverage(std::string const& call, net::HttpRequest const& request, Respond respond) {
  auto const* const feed = live(call, request);
  auto now = feed ? feed->coverage() : std::nullopt;
  stored(
      call, request, [now = std::move(now)](CallRecord const& record) { return coverage_json(record, now); },
      std::move(respond));
}

void HttpApi::stored(std::string const& call, net::HttpRequest const& request,
                     std::function<json::object(CallRecord const&)> shape, Respond respond) {
  parts_.index.load(call, [this, call, scope = request.caller.scope, shape = std::move(shape),
                           respond = std::move(respond)](Result<CallRecord> record) {
    if (!record) return respond(refuse(record.error()));
    if (!scope.covers(scope_of(record->info))) return respond(refuse({"no_such_call", "there is no call " + call}));
    auto const kept = std::make_shared<CallRecord const>(std::move(*record));
    answer_later([kept, shape = std::move(shape)] { return ok(shape(*kept)); }, std::move(respond));
  });
}

void HttpApi::redact(std::string const& call, net::HttpRequest const& request, Respond respond) {
  auto asked = asked_redaction(request.body);
  if (!asked) return respond(refuse(asked.error()));
  auto const& caller = request.caller;
  parts_.take_back.redact(
      call, caller.scope, asked->number, std::move(asked->hiding), parts_.clock.now(),
      [call, number = asked->number, reason = std::move(asked->reason), who = told(caller),
       respond = std::move(respond)](Result<std::vector<std::int64_t>> changed) {
        if (!changed) return respond(refuse(changed.error()));
        spdlog::info("audit: call {}: words of event {} were taken back, {} events changed; by {}; reason: {}",
                     one_line(call), number, changed->size(), who, reason.empty() ? "-" : reason);
        respond(ok(json::object{{"call", call}, {"redacted", json::value_from(*changed)}}));
      });
}

void HttpApi::erase(std::string const& call, net::HttpRequest const& request, Respond respond) {
  auto reason = asked_reason(request.query);
  if (!reason) return respond(refuse(reason.error()));
  parts_.take_back.erase(call, request.caller.scope,
                         [call, reason = std::move(*reason), who = told(request.caller),
                          respond = std::move(respond)](Result<void> const& erased) {
                           if (!erased) return respond(refuse(erased.error()));
                           spdlog::info("audit: call {} was erased; by {}; reason: {}", one_line(call), who, reason);
                           respond(ok(json::object{{"call", call}}));
                         });
}

void HttpApi::send(std::string const& call, net::HttpRequest const& request, CallCommand command, Respond respond) {
  // Whoever sees all calls is answered by whoever carries this one, though it is not followed here yet.
  if (request.caller.scope != Scope() && !live(call, request)) return respond(refuse(not_live(call)));
  parts_.bus.send(call, std::move(command), [call, respond = std::move(respond)](Result<void> done) {
    respond(done ? ok(json::object{{"call", call}}) : refuse(done.error()));
  });
}

void HttpApi::pause(std::string const& call, net::HttpRequest const& request, Respond respond) {
  send(call, request, SpeechCommand(PauseListening{.by = "api"}), std::move(respond));
}

void HttpApi::resume(std::string const& call, net::HttpRequest const& request, Respond respond) {
  send(call, request, SpeechCommand(ResumeListening{.by = "api"}), std::move(respond));
}

void HttpApi::expect(std::string const& call, net::HttpRequest const& request, Respond respond) {
  auto const body = parse_object(request.body);
  if (!body) return respond(refuse(body.error()));
  auto terms = ingest::terms_of(*body);
  if (!terms) return respond(refuse(terms.error()));
  send(call, request, SpeechCommand(ExpectTerms{std::move(*terms)}), std::move(respond));
}

void HttpApi::stop(std::string const& call, net::HttpRequest const& request, Respond respond) {
  send(call, request, SpeechCommand(StopListening{}), std::move(respond));
}

void HttpApi::ask(std::string const& call, net::HttpRequest const& request, Respond respond) {
  auto const* const feed = live(call, request);
  auto const* const info = feed ? feed->view().info() : nullptr;
  if (!info) return respond(refuse({"not_live", "call " + call + " is not live: its tenant and team are not known"}));
  auto const body = parse_object(request.body);
  if (!body) return respond(refuse(body.error()));
  auto question = get_string(*body, "question");
  if (question.empty()) return respond(refuse({"missing_field", "field \"question\" is missing, or is no text"}));
  if (question.size() > limits::kQuestionBytesMax)
    return respond(refuse({"bad_question", "the question is longer than 500 bytes: ask in one sentence"}));
  auto knowledge = parts_.library.knowledge(info->tenant);
  if (!knowledge || knowledge->size() == 0)
    return respond(refuse({"no_knowledge", "tenant " + info->tenant + " has no articles"}));
  auto& asked_by_tenant = asking_[info->tenant];
  if (asked_by_tenant.size() >= parts_.shares.of(info->tenant, limits::kAsksWaitingMax))
    return respond(refuse({"busy", "questions of other calls of this tenant are being looked up: ask again"}));
  if (!asked_by_tenant.insert(call).second)
    return respond(refuse({"busy", "a question of this call is being looked up: ask again when it is answered"}));
  bool const few_words = asks_in_few_words(question);
  parts_.router.ask(
      std::move(question), std::move(knowledge), info->team,
      [this, call, tenant = info->tenant, few_words,
       respond = std::move(respond)](Result<orchestrator::Router::Asked> asked) {
        if (auto const its = asking_.find(tenant); its != asking_.end() && its->second.erase(call) > 0)
          if (its->second.empty()) asking_.erase(its);
        if (!asked) return respond(refuse(asked.error()));
        respond(ok(few_words ? articles_json(asked->nearest) : answer_json(asked->answer, asked->nearest)));
      });
}

void HttpApi::tick(std::string const& call, net::HttpRequest const& request, Respond respond) {
  auto command = tick_by_hand(request.segments.back(), request.body);
  if (!command) return respond(refuse(command.error()));
  send(call, request, std::move(*command), std::move(respond));
}

void HttpApi::ticket(std::string const&, net::HttpRequest const& request, Respond respond) {
  auto const body = parse_object(request.body);
  if (!body) return respond(refuse(body.error()));
  auto const call = get_string(*body, "call");
  if (call.empty()) return respond(refuse({"missing_field", "field \"call\" is missing, or is no text"}));
  auto const& scope = request.caller.scope;
  if (live(call, request)) return give_ticket(call, scope, respond);
  if (!look_every(parts_.bus)) return respond(refuse(not_live(call)));
  // The bus loses things: this process may not have heard of it.
  parts_.index.find(call, [this, call, scope, respond = std::move(respond)](Result<KnownCall> known) {
    if (!known) return respond(refuse(known.error()));
    if (known->state != CallState::live || !scope.covers(known->scope)) return respond(refuse(not_live(call)));
    give_ticket(call, scope, respond);
  });
}

void HttpApi::give_ticket(std::string const& call, Scope const& scope, Respond const& respond) {
  auto ticket = parts_.tickets.issue({.call = call, .scope = scope}, parts_.clock.now());
  auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(limits::kTicketLifetime).count();
  auto given = ok(json::object{{"ticket", std::move(ticket)}, {"expires_in_ms", ms}}, 201);
  given.subject = call;
  respond(std::move(given));
}

// A demo is its tenant's, of no team.
static bool may_see(Demo const& demo, net::HttpRequest const& request) {
  auto const& tenant = request.caller.scope.tenant;
  return tenant.empty() || tenant == demo.tenant;
}

Result<void> HttpApi::find_demo(std::string const& name, net::HttpRequest const& request) const {
  for (auto const& demo : parts_.demos.list()) {
    if (demo.name == name && may_see(demo, request)) return {};
  }
  return fail("no_such_demo", "there is no demo call \"" + name + "\"; `make demo` renders them");
}

void HttpApi::list_demos(std::string const&, net::HttpRequest const& request, Respond respond) {
  json::array demos;
  for (auto const& demo : parts_.demos.list()) {
    if (!may_see(demo, request)) continue;
    demos.push_back(json::object{
        {"name", demo.name}, {"title", demo.title}, {"tenant", demo.tenant}, {"duration_ms", demo.duration_ms}});
  }
  respond(ok(json::object{{"demos", std::move(demos)}}));
}

void HttpApi::play_demo(std::string const& demo, net::HttpRequest const& request, Respond respond) {
  if (auto const found = find_demo(demo, request); !found) return respond(refuse(found.error()));
  auto const call = parts_.demos.play(demo);
  respond(call ? ok(json::object{{"call", *call}}, 201) : refuse(call.error()));
}

void HttpApi::demo_audio(std::string const& demo, net::HttpRequest const& request, Respond respond) {
  if (auto const found = find_demo(demo, request); !found) return respond(refuse(found.error()));
  answer_later(
      [this, demo] {
        auto audio = app::demo_audio(parts_.demos, demo);
        return audio ? std::move(*audio) : refuse(audio.error());
      },
      std::move(respond));
}

net::HttpResponse HttpApi::file(std::string const& path) const {
  auto const clean = std::filesystem::path(path).lexically_normal().relative_path();
  auto wanted = parts_.web / clean;
  std::error_code failed;
  if (path.find("..") != std::string::npos || !std::filesystem::is_regular_file(wanted, failed))
    wanted = parts_.web / "index.html";
  std::ifstream in(wanted, std::ios::binary);
  if (!in) return {.status = 404, .type = "text/plain", .body = "The page is not built here: run `make build`.\n"};
  std::stringstream text;
  text << in.rdbuf();
  net::HttpResponse response{.type = content_type(wanted.extension()), .body = text.str()};
  response.headers["Content-Security-Policy"] =
      "default-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
      "media-src 'self' blob:; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'";
  bool const hashed = clean.string().starts_with("assets/");
  response.headers["Cache-Control"] = hashed ? "public, max-age=31536000, immutable" : "no-cache";
  return response;
}

}  // namespace sotto::app
