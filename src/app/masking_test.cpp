#include "app/masking.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

namespace sotto::app {
namespace {

TEST(Masking, IsSetForATenantAndForTheOthers) {
  auto const masking = read_masking(YAML::Load("[{tenant: acme, kinds: [iban]}, {kinds: [account, identity]}]"));
  EXPECT_EQ(masking.of("acme"), (text::MaskedKinds{.account = false, .iban = true, .identity = false}));
  EXPECT_EQ(masking.of("other"), (text::MaskedKinds{.account = true, .iban = false, .identity = true}));
  EXPECT_EQ(print_masking(masking), R"([{tenant: "acme", kinds: [iban]}, {kinds: [account, identity]}])");
  EXPECT_EQ(transcript::Masking().of("acme"), text::MaskedKinds());
}

TEST(Masking, CardsCannotBeNamed) {
  for (auto const* text : {"[{kinds: [card]}]", "[{kind: [iban]}]", "{acme: [iban]}", "[{kinds: iban}]",
                           "[{kinds: []}, {kinds: [iban]}]", "[{tenant: acme, kinds: [], more: 1}]"}) {
    EXPECT_THROW(read_masking(YAML::Load(text)), YAML::Exception) << text;
  }
}

}  // namespace
}  // namespace sotto::app
