#include "adapters/postgres/store.h"

#include <array>
#include <iterator>
#include <memory>
#include <string_view>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "adapters/postgres/schema.sql.h"
#include "adapters/postgres/statements.h"

namespace sotto::postgres {

static constexpr int kNewest = static_cast<int>(std::size(kMigrations));

static std::string as_name(std::string_view name) {
  std::string out = "\"";
  for (char const c : name) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

std::string user_of(std::string const& address) {
  std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> const parsed(PQconninfoParse(address.c_str(), nullptr),
                                                                            &PQconninfoFree);
  for (auto const* option = parsed.get(); option && option->keyword; ++option)
    if (std::string_view(option->keyword) == "user" && option->val) return option->val;
  return "";
}

Result<StoreFacts> facts_of(Connection& connection) {
  auto const asked = connection.run(std::array{Query{
      "SELECT current_user::text, rolsuper OR rolbypassrls, to_regclass('sotto.store') IS NOT NULL FROM pg_roles WHERE "
      "rolname = current_user"}});
  if (!asked) return std::unexpected(asked.error());
  auto const& who = asked->front();
  StoreFacts out{.newest = kNewest, .cluster = {}, .role = who.text(0, 0), .above_rows = who.boolean(0, 1)};
  if (!who.boolean(0, 2)) return out;
  auto const known = connection.run(
      std::array{Query{"SELECT cluster, (SELECT coalesce(max(version), 0) FROM sotto.migrations) FROM sotto.store"}});
  if (!known) return std::unexpected(known.error());
  if (known->front().size() == 0) return out;
  out.cluster = known->front().text(0, 0);
  out.version = static_cast<int>(known->front().integer(0, 1));
  return out;
}

static Result<void> fits(StoreFacts const& facts, std::string const& cluster) {
  if (facts.version > facts.newest)
    return fail("newer_schema",
                fmt::format("the store's schema is of version {}, this program knows {}: use a newer Sotto",
                            facts.version, facts.newest));
  if (facts.version > 0 && facts.cluster != cluster)
    return fail("wrong_cluster",
                fmt::format("this database is the store of cluster \"{}\", and the settings say \"{}\": name another "
                            "database, or the same cluster",
                            facts.cluster, cluster));
  return {};
}

static std::string grants(std::string const& role) {
  auto const to = as_name(role);
  return "GRANT USAGE ON SCHEMA sotto TO " + to +
         "; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sotto TO " + to +
         "; GRANT USAGE ON ALL SEQUENCES IN SCHEMA sotto TO " + to +
         "; REVOKE INSERT, UPDATE, DELETE ON sotto.migrations FROM " + to +
         "; REVOKE UPDATE, DELETE ON sotto.access FROM " + to + ";";
}

Result<int> migrate(Connection& connection, std::string const& cluster, std::string const& role) {
  auto const facts = facts_of(connection);
  if (!facts) return std::unexpected(facts.error());
  if (auto fit = fits(*facts, cluster); !fit) return std::unexpected(fit.error());
  for (int version = facts->version; version < kNewest; ++version) {
    // Two who migrate at once: the second finds the first's version taken, and nothing of its own is kept.
    auto const step = fmt::format(
        "BEGIN; SELECT pg_advisory_xact_lock(hashtext('sotto.migrations')); {}; INSERT INTO "
        "sotto.migrations(version) VALUES ({});",
        kMigrations[version], version + 1);
    auto done = connection.execute(step + " COMMIT");
    if (!done) {
      static_cast<void>(connection.execute("ROLLBACK"));
      return std::unexpected(done.error());
    }
  }
  auto const named = connection.run(std::array{
      Query{"INSERT INTO sotto.store(cluster, base) VALUES ($1, 0) ON CONFLICT DO NOTHING", Params(cluster)}});
  if (!named) return std::unexpected(named.error());
  if (!role.empty()) {
    if (auto granted = connection.execute(grants(role)); !granted) return std::unexpected(granted.error());
  }
  return kNewest - facts->version;
}

static constexpr std::string_view kNoRight = "42501";  // PostgreSQL documentation, appendix A

Result<void> check_store(Connection& connection, std::string const& cluster) {
  auto const facts = facts_of(connection);
  if (!facts && connection.state() == kNoRight)
    return fail("wrong_role", fmt::format("{}: `sotto store migrate` lets the role of the settings work on the store",
                                          facts.error().message));
  if (!facts) return std::unexpected(facts.error());
  if (facts->version == 0)
    return fail("no_schema", "this database holds no store of Sotto: make one with `sotto store migrate`");
  if (facts->version < facts->newest)
    return fail("older_schema",
                fmt::format("the store's schema is of version {}, this program needs {}: run `sotto store migrate`",
                            facts->version, facts->newest));
  if (auto fit = fits(*facts, cluster); !fit) return fit;
  if (facts->above_rows)
    return fail("wrong_role",
                fmt::format("role \"{}\" is above row-level security, which keeps tenants apart: connect as a role "
                            "without SUPERUSER and BYPASSRLS",
                            facts->role));
  return {};
}

Result<void> keep_order(Connection& connection) {
  auto const done = connection.run(std::array{
      begin(), of_tenant("*"),
      Query{"UPDATE sotto.store SET base = base + gap FROM (SELECT (SELECT coalesce(max(sequence), 0) FROM "
            "sotto.events) / $1 - base - pg_current_xact_id()::text::bigint + 1 AS gap FROM sotto.store) AS behind "
            "WHERE gap > 0",
            Params(kPlaces)},
      commit()});
  if (!done) {
    static_cast<void>(connection.run(std::array{rollback()}));
    return std::unexpected(done.error());
  }
  return {};
}

}  // namespace sotto::postgres
