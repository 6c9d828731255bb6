// The role api: HTTP for pages and scripts, the page itself, the demo calls.
#include "aftercall/take_back.h"
#include "api/demo_player.h"
#include "api/http_api.h"
#include "api/recorded_access.h"
#include "library/library.h"
#include "net/url.h"
#include "roles/makers.h"

namespace sotto::app {

namespace {

// Demo calls come through the socket of all calls, like anybody's: with a token where one is needed.
std::string own_token(Parts& parts) {
  if (!needs_tokens(parts.config)) return "";
  return parts.tokens.make_own({.name = "demo calls", .scope = {}, .roles = {Role::source}});
}

class ApiService final : public Service {
 public:
  explicit ApiService(Parts& parts)
      : config_(parts.config),
        token_(own_token(parts)),
        demos_(parts.loop, parts.clock, parts.config.demos),
        recorded_(*parts.access, parts.clock),
        take_back_(*parts.log, *parts.calls, *parts.bus),
        api_({.loop = parts.loop,
              .clock = parts.clock,
              .index = *parts.calls,
              .bus = *parts.bus,
              .followed = *parts.followed,
              .tickets = *parts.tickets,
              .demos = demos_,
              .router = *parts.router,
              .library = *parts.library,
              .take_back = take_back_,
              .shares = parts.shares,
              .web = parts.config.web}) {
    parts.http.add(api_);
    parts.http.record(recorded_);
    parts.http.otherwise(&HttpApi::page_rule,
                         [this](net::HttpRequest const& request, auto const& respond) { api_.page(request, respond); });
    parts.loop.every("words taken back", 500ms, [this, &clock = parts.clock] { take_back_.tick(clock.now()); });
    parts.open_at.emplace_back("Sotto listens. Open http://{}/");
  }

  void on_listening(std::pair<std::string, int> const& at) override {
    if (auto const other = net::parse_listen(config_.demo_gateway); other)
      return demos_.set_server({.host = other->first, .port = other->second, .token = config_.token});
    demos_.set_server({.host = at.first == "0.0.0.0" ? "127.0.0.1" : at.first, .port = at.second, .token = token_});
  }

 private:
  Config const& config_;
  std::string const token_;
  DemoPlayer demos_;
  RecordedAccess recorded_;
  aftercall::TakeBack take_back_;
  HttpApi api_;
};

}  // namespace

Made make_api(Parts& parts) { return std::make_unique<ApiService>(parts); }

}  // namespace sotto::app
