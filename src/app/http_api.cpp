#include "app/http_api.h"

#include <fstream>
#include <sstream>

#include <boost/asio/post.hpp>
#include <boost/json/serialize.hpp>

#include "app/knowledge_answer.h"
#include "base/json.h"
#include "base/limits.h"

namespace sotto::app {

namespace json = boost::json;

namespace {

net::HttpResponse ok(json::value const& body, int status = 200) {
  return {.status = status, .body = json::serialize(body)};
}

net::HttpResponse refuse(int status, Error const& error) {
  return ok(json::object{{"error", json::object{{"code", error.code}, {"message", error.message}}}}, status);
}

net::HttpResponse refuse(Error const& error) {
  static std::map<std::string, int> const statuses{{"no_such_call", 404}, {"no_such_demo", 404},  {"not_live", 409},
                                                   {"bad_json", 400},     {"missing_field", 400}, {"bad_question", 400},
                                                   {"no_knowledge", 404}, {"store_failed", 503},  {"deadline", 503},
                                                   {"queue_full", 503},   {"model_failed", 503}};
  auto const found = statuses.find(error.code);
  return refuse(found == statuses.end() ? 500 : found->second, error);
}

json::object summary_json(CallSummary const& call) {
  auto out = to_json(call.info);
  out.erase("started_us");
  out["live"] = call.live;
  out["end_reason"] = call.end_reason;
  out["duration_ms"] = call.duration_ms;
  out["events"] = call.events;
  out["cues"] = call.cues;
  out["late"] = call.late;
  out["heard"] = call.heard;
  return out;
}

json::object coverage_json(StoredCall const& call) {
  json::object tracks;
  for (auto const& [track, rows] : call.ledger) {
    auto const sum = totals(rows);
    auto const ms = [&](std::int64_t samples) { return samples * 1000 / call.info.format.rate; };
    tracks[name(track)] = json::object{{"rows", to_json(rows, call.info.format.rate)},
                                       {"received_ms", ms(sum.received)},
                                       {"final_ms", ms(sum.final)},
                                       {"silence_ms", ms(sum.silence)},
                                       {"pause_ms", ms(sum.pause)},
                                       {"gap_ms", ms(sum.gap)},
                                       {"pending_ms", ms(sum.pending)},
                                       {"gaps", sum.gaps},
                                       {"heard", sum.heard()}};
  }
  return {{"call", call.info.id}, {"rate", call.info.format.rate}, {"tracks", std::move(tracks)}};
}

json::object call_json(StoredCall const& call) {
  delivery::CallView view;
  for (auto const& event : call.events) view.apply(event);
  auto out = view.to_json();
  out["coverage"] = coverage_json(call)["tracks"];
  return out;
}

json::object events_json(StoredCall const& call) {
  json::array events;
  for (auto const& event : call.events) events.push_back(to_cloud_event(event));
  return {{"call", call.info.id}, {"epoch", call.epoch}, {"events", std::move(events)}};
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

bool HttpApi::open_without_token(net::HttpRequest const& request) {
  return !request.path.starts_with("/v1/") && request.path != "/metrics";
}

void HttpApi::handle(net::HttpRequest request, Respond respond) {
  auto const& path = request.path;
  if (path == "/healthz") return respond({.type = "text/plain", .body = "ok\n"});
  if (path == "/readyz") {
    auto const missing = parts_.not_ready();
    return respond(
        {.status = missing.empty() ? 200 : 503, .type = "text/plain", .body = missing.empty() ? "ready\n" : missing});
  }
  if (path == "/metrics") return respond({.type = "text/plain; version=0.0.4", .body = parts_.metrics.scrape()});
  if (request.method == "POST" && path.starts_with("/v1/calls/") && path.ends_with("/ask"))
    return ask(path.substr(10, path.size() - 14), request, std::move(respond));
  if (request.method == "POST" && path.starts_with("/v1/")) return respond(post(request));
  if (request.method != "GET" && request.method != "HEAD")
    return respond(refuse(405, {"bad_method", "method not allowed"}));
  if (path == "/v1/calls") return list_calls(std::move(respond));
  if (path == "/v1/demos") {
    json::array demos;
    for (auto const& demo : parts_.demos.list()) {
      demos.push_back(json::object{
          {"name", demo.name}, {"title", demo.title}, {"tenant", demo.tenant}, {"duration_ms", demo.duration_ms}});
    }
    return respond(ok(json::object{{"demos", std::move(demos)}}));
  }
  constexpr std::string_view kCalls = "/v1/calls/";
  if (path.starts_with(kCalls)) {
    auto const rest = path.substr(kCalls.size());
    auto const slash = rest.find('/');
    return handle_call(rest.substr(0, slash), slash == std::string::npos ? "" : rest.substr(slash + 1), request,
                       std::move(respond));
  }
  if (path.starts_with("/v1/")) return respond(refuse(404, {"not_found", "there is no resource " + path}));
  respond(file(path));
}

void HttpApi::answer_later(std::function<net::HttpResponse()> read, Respond respond) {
  boost::asio::post(reads_, [this, read = std::move(read), respond = std::move(respond)]() mutable {
    parts_.loop.post([respond = std::move(respond), response = read()]() mutable { respond(std::move(response)); });
  });
}

void HttpApi::list_calls(Respond respond) {
  std::map<std::string, std::int64_t> live;
  parts_.registry.for_each([&](CallPath const& call) { live[call.info().id] = call.media_ms(); });
  answer_later(
      [this, live = std::move(live)]() -> net::HttpResponse {
        auto const calls = parts_.store.list(500);
        if (!calls) return refuse(calls.error());
        json::array out;
        for (auto const& call : *calls) {
          out.push_back(summary_json(call));
          if (auto const now = live.find(call.info.id); now != live.end())
            out.back().get_object()["duration_ms"] = now->second;
        }
        return ok(json::object{{"calls", std::move(out)}});
      },
      std::move(respond));
}

void HttpApi::handle_call(std::string const& call, std::string const& part, net::HttpRequest const&, Respond respond) {
  json::object (*const shape)(StoredCall const&) = part.empty()         ? call_json
                                                   : part == "events"   ? events_json
                                                   : part == "coverage" ? coverage_json
                                                                        : nullptr;
  if (!shape) return respond(refuse(404, {"not_found", "a call has events and coverage, not " + part}));
  if (auto* const live = parts_.registry.find(call); live && part != "events") {
    StoredCall now{
        .info = live->info(), .resume_digest = "", .epoch = 1, .live = true, .ledger = live->ledgers(), .events = {}};
    if (part == "coverage") return respond(ok(coverage_json(now)));
    auto view = live->feed().view().to_json();
    view["coverage"] = coverage_json(now)["tracks"];
    return respond(ok(view));
  }
  answer_later(
      [this, call, shape]() -> net::HttpResponse {
        auto const stored = parts_.store.load(call);
        return stored ? ok(shape(*stored)) : refuse(stored.error());
      },
      std::move(respond));
}

void HttpApi::ask(std::string const& call, net::HttpRequest const& request, Respond respond) {
  auto const* const live = parts_.registry.find(call);
  if (!live) return respond(refuse({"not_live", "call " + call + " is not live: its tenant and team are not known"}));
  auto const body = parse_object(request.body);
  if (!body) return respond(refuse(body.error()));
  auto question = get_string(*body, "question");
  if (question.empty()) return respond(refuse({"missing_field", "field \"question\" is missing"}));
  if (question.size() > limits::question_bytes_max)
    return respond(refuse({"bad_question", "the question is longer than 500 bytes: ask in one sentence"}));
  auto knowledge = parts_.policies.knowledge(live->info().tenant);
  if (!knowledge || knowledge->size() == 0)
    return respond(refuse({"no_knowledge", "tenant " + live->info().tenant + " has no articles"}));
  parts_.router.ask(std::move(question), std::move(knowledge), live->info().team,
                    [respond = std::move(respond)](Result<inference::Router::Asked> asked) {
                      if (!asked) return respond(refuse(asked.error()));
                      respond(ok(answer_json(asked->answer, asked->nearest)));
                    });
}

net::HttpResponse HttpApi::post(net::HttpRequest const& request) {
  auto const& path = request.path;
  if (path == "/v1/tickets") {
    auto const body = parse_object(request.body);
    if (!body) return refuse(body.error());
    auto const call = get_string(*body, "call");
    if (call.empty()) return refuse({"missing_field", "field \"call\" is missing"});
    auto const ticket = parts_.registry.issue_ticket(call);
    if (!ticket) return refuse(ticket.error());
    return ok(json::object{{"ticket", *ticket}, {"expires_in_ms", 30000}}, 201);
  }
  auto const parts = [&](std::string_view prefix, std::string_view suffix) -> std::string {
    if (!path.starts_with(prefix) || !path.ends_with(suffix) || path.size() <= prefix.size() + suffix.size()) return "";
    return path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
  };
  if (auto const demo = parts("/v1/demos/", "/play"); !demo.empty()) {
    auto const call = parts_.demos.play(demo);
    return call ? ok(json::object{{"call", *call}}, 201) : refuse(call.error());
  }
  for (auto const& [suffix, act] : {std::pair{"/pause", &CallRegistry::pause},
                                    {"/resume", &CallRegistry::resume},
                                    {"/stop", &CallRegistry::stop}}) {
    auto const call = parts("/v1/calls/", suffix);
    if (call.empty()) continue;
    auto const done = (parts_.registry.*act)(call);
    return done ? ok(json::object{{"call", call}}) : refuse(done.error());
  }
  return refuse(404, {"not_found", "there is no resource " + path});
}

// The page is one file for every address that is not a file: its own code reads the address.
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
      "default-src 'self'; connect-src 'self' ws: wss:; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
      "frame-ancestors 'none'";
  bool const hashed = clean.string().starts_with("assets/");
  response.headers["Cache-Control"] = hashed ? "public, max-age=31536000, immutable" : "no-cache";
  return response;
}

}  // namespace sotto::app
