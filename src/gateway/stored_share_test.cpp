#include "gateway/stored_share.h"

#include <gtest/gtest.h>

#include "support/manual_clock.h"
#include "support/manual_executor.h"
#include "support/scripted_log.h"

namespace sotto::gateway {
namespace {

class StoredShareTest : public testing::Test {
 protected:
  // A call that is over and takes a little more than `mib` MiB.
  void stored(std::string const& tenant, std::string const& id, std::size_t mib) {
    Append call{.lease = {id, Part::speech, 1},
                .opening = Opening{{.id = id, .tenant = tenant, .tracks = {}, .format = {}}, "d", "w1"},
                .done = true};
    call.events.push_back({.body = UtteranceFinal{{.text = std::string(mib * 1024 * 1024, 'a')}}});
    log.append(call, [](Result<std::int64_t> number) { EXPECT_TRUE(number); });
  }
  void tick() {
    share.tick(clock.now());
    executor.run_all();
  }

  ManualClock clock;
  ManualExecutor executor;
  ScriptedLog log{executor, clock};
  ByteBudget waiting{1000};
  TenantShares shares{{.stored_mib = 3}, {{"large", {.stored_mib = 9}}}, waiting};
  StoredShare share{log, &shares};
};

TEST_F(StoredShareTest, ATenantWhoseCallsFillItsShareBeginsNoOther) {
  for (auto const* tenant : {"acme", "large"}) stored(tenant, std::string(tenant) + "-1", 2);
  tick();
  EXPECT_TRUE(share.room_for("acme"));
  for (auto const* tenant : {"acme", "large"}) stored(tenant, std::string(tenant) + "-2", 2);
  clock.advance(std::chrono::seconds(59));
  tick();
  EXPECT_TRUE(share.room_for("acme")) << "looked up once a minute";
  clock.advance(std::chrono::seconds(1));
  tick();
  auto const room = share.room_for("acme");
  ASSERT_FALSE(room);
  EXPECT_EQ(room.error().code, "tenant_share");
  EXPECT_NE(room.error().message.find("tenant acme take 4 MiB"), std::string::npos) << room.error().message;
  EXPECT_TRUE(share.room_for("large")) << "it has a share of its own";
  EXPECT_TRUE(share.room_for("bank")) << "what is left is for others";
  log.erase("acme-1", [](Result<void> done) { EXPECT_TRUE(done); });
  clock.advance(std::chrono::minutes(1));
  tick();
  EXPECT_TRUE(share.room_for("acme"));
}

TEST_F(StoredShareTest, WithoutASettingEveryTenantTakesWhatThereIs) {
  TenantShares const any({}, {}, waiting);
  StoredShare free(log, &any);
  stored("acme", "acme-1", 4);
  free.tick(clock.now());
  executor.run_all();
  EXPECT_TRUE(free.room_for("acme"));
}

}  // namespace
}  // namespace sotto::gateway
