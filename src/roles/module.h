// What a process is made of is data: a table of modules (modules.cpp). A role is a module that `--role` can name;
// what it needs comes with it. A module makes one Service, which finds in Parts what those before it left there.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/openssl/seal.h"
#include "adapters/openssl/secrets.h"
#include "adapters/prometheus/metrics.h"
#include "api/http_surface.h"
#include "base/byte_budget.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/stamping_executor.h"
#include "call/tenant_shares.h"
#include "net/loop.h"
#include "net/server.h"
#include "ports/access_log.h"
#include "ports/call_index.h"
#include "ports/call_log.h"
#include "ports/event_bus.h"
#include "roles/config.h"
#include "roles/known_tokens.h"

namespace sotto {
class MoonshineRecognizer;
class MinilmShard;
namespace orchestrator {
class Router;
}
namespace delivery {
class FollowedCalls;
}
}  // namespace sotto

namespace sotto::app {

class Library;
class Tickets;

// What the modules of a process share. Confined to its loop.
struct Parts {
  Parts(Config const& settings, std::vector<Credential> known) : config(settings), tokens(clock, std::move(known)) {}
  // Empty: no token is needed.
  net::BearerOf bearer_of() const {
    if (!needs_tokens(config)) return {};
    return [this](std::string_view token) { return tokens.bearer_of(token); };
  }

  Config const& config;
  SystemClock clock;
  KnownTokens tokens;
  net::Loop loop;
  PrometheusMetrics metrics;
  ByteBudget budget{limits::kWaitingBytesMax};                // of the process
  ByteBudget waiting{limits::kUnpersistedBytesMax, &budget};  // of all calls
  TenantShares shares{share_of_every(config), shares_of(config), waiting};
  StampingExecutor recognised{loop, clock};             // where recognisers' events come
  std::string const worker = "sotto-" + random_hex(8);  // this process's name in leases

  // What it answers, filled by the services before it listens.
  HttpSurface http;
  std::map<std::string, net::WebSocketRoute> sockets;
  std::vector<std::string> open_at;  // what to say once it listens, "{}" for HOST:PORT

  // Each set by the module that makes it; null in a process without it.
  CallLog* log = nullptr;
  CallIndex* calls = nullptr;                  // what the log holds, to be looked up
  AccessLog* access = nullptr;                 // who read and changed it
  std::string ticket_secret = random_hex(32);  // with which tickets are signed; of a shared store the cluster's
  std::function<Result<NumberedKey>(KeyId)> key_of_hour;  // of a shared store; any thread
  EventBus* bus = nullptr;
  MinilmShard* encoder = nullptr;
  MoonshineRecognizer* recogniser = nullptr;
  Library* library = nullptr;
  orchestrator::Router* router = nullptr;
  delivery::FollowedCalls* followed = nullptr;
  Tickets* tickets = nullptr;
};

// On the loop. Made, started, told of the listening server in the order of the table; stopped and destroyed in the
// other.
class Service {
 public:
  virtual ~Service() = default;
  // Everything is made. May run the loop until it has what it needs. Error: the process does not start.
  virtual Result<void> start() { return {}; }
  // The server listens.
  virtual void on_listening(std::pair<std::string, int> const& /*host and port*/) {}
  // Why a load balancer should send work elsewhere; empty: it need not.
  virtual std::string not_ready() const { return {}; }
  // What works, but not as it should, a line each: it makes nothing unready.
  virtual std::vector<std::string> notes() const { return {}; }
  // No new connections come any more; the open ones live yet.
  virtual net::asio::awaitable<void> stop() { co_return; }
};

struct Module {
  std::string_view name;
  std::span<std::string_view const> needs;  // modules that stand before it in the table
  bool is_role = false;
  bool alone = false;   // no other role beside it: its clients and their origins are others
  bool always = false;  // in every process
  Result<std::unique_ptr<Service>> (*make)(Parts& parts) = nullptr;
};

// All there are, each behind those that it needs.
std::span<Module const> modules();
// Those of a list of roles ("all", "asr", "gateway, api"), with what they need, in the order of the table. Error
// unknown_role, which lists those there are.
Result<std::vector<Module const*>> modules_of(std::string_view roles);
// Where a process of these roles listens, if not told.
std::string_view listen_default(std::string_view roles);

// Runs a process of the configured roles until SIGINT or SIGTERM. Returns its exit code.
int run_roles(Config const& config);

}  // namespace sotto::app
