#include "roles/module.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace sotto::app {

static std::string names_of(std::string_view roles) {
  auto const found = modules_of(roles);
  if (!found) return found.error().message;
  std::string out;
  for (auto const* module : *found) out += (out.empty() ? "" : " ") + std::string(module->name);
  return out;
}

TEST(Modules, EachStandsBehindWhatItNeeds) {
  auto const all = modules();
  for (auto at = all.begin(); at != all.end(); ++at) {
    for (auto const& need : at->needs)
      EXPECT_NE(std::find_if(all.begin(), at, [&](Module const& one) { return one.name == need; }), at)
          << at->name << " needs " << need;
  }
}

TEST(Modules, ARoleBringsWhatItNeedsAndNothingElse) {
  EXPECT_EQ(names_of("gateway"), "tokens log bus recogniser encoder library gateway");
  EXPECT_EQ(names_of("webhooks, delivery"), "tokens log bus delivery webhooks");
  EXPECT_EQ(names_of("asr"), "tokens recogniser asr");
  EXPECT_EQ(names_of("all"), "tokens log access_log bus recogniser encoder library router orchestrator gateway delivery api webhooks");
  EXPECT_EQ(names_of("all,gateway"), names_of("all"));
}

TEST(Modules, WhatIsNoRoleIsNamedWithThoseThatAre) {
  EXPECT_EQ(names_of("gateway,apis"),
            "role \"apis\" is not known; there are: all, orchestrator, gateway, delivery, api, webhooks, asr");
  EXPECT_EQ(names_of("log"),
            "role \"log\" is not known; there are: all, orchestrator, gateway, delivery, api, webhooks, asr");
  EXPECT_EQ(names_of(""),
            "role \"\" is not known; there are: all, orchestrator, gateway, delivery, api, webhooks, asr");
  EXPECT_EQ(names_of("all,asr"), "role asr stands alone: it cannot be one of \"all,asr\"");
}

}  // namespace sotto::app
