#include "gateway/masking.h"

#include <gtest/gtest.h>

namespace sotto::app {
namespace {

// What is wrong with it, or nothing; into `masking`.
std::string read(std::string const& yaml, transcript::Masking& masking) {
  settings::Problems problems;
  FieldRule const rule;
  settings::read(YAML::Load(yaml), masking, {"", "masked", rule}, problems);
  return problems.empty() ? "" : problems.front().text;
}

TEST(Masking, IsSetForATenantAndForTheOthers) {
  transcript::Masking masking;
  ASSERT_EQ(read("[{tenant: acme, kinds: [iban]}, {kinds: [account, identity]}]", masking), "");
  EXPECT_EQ(masking.of("acme"), (language::MaskedKinds{.account = false, .iban = true, .identity = false}));
  EXPECT_EQ(masking.of("other"), (language::MaskedKinds{.account = true, .iban = false, .identity = true}));
  EXPECT_EQ(settings::shown(masking, {}), R"([{tenant: "acme", kinds: [iban]}, {kinds: [account, identity]}])");
  EXPECT_EQ(transcript::Masking().of("acme"), language::MaskedKinds());
  ASSERT_EQ(read("[{tenant: acme, kinds: []}]", masking), "") << "its agents may see all of them";
  EXPECT_EQ(masking.of("acme"), (language::MaskedKinds{.account = false, .iban = false, .identity = false}));
}

TEST(Masking, WhatIsWrongIsNamed) {
  transcript::Masking masking;
  for (auto const& [yaml, word] : std::vector<std::pair<std::string, std::string>>{
           {"[{kinds: [card]}]", "there is no \"card\"; known: account, iban, identity"},
           {"[{kind: [iban]}]", "unknown key \"kind\""},
           {"{acme: [iban]}", "expected a list"},
           {"[{kinds: iban}]", "wrong type"},
           {"[{kinds: []}, {kinds: [iban]}]", "two have the tenant"},
           {"[{tenant: acme}]", "\"kinds\" is missing"},
           {"[{tenant: acme, kinds: [], more: 1}]", "unknown key \"more\""}}) {
    EXPECT_NE(read(yaml, masking).find(word), std::string::npos) << yaml << ": " << read(yaml, masking);
  }
}

}  // namespace
}  // namespace sotto::app
