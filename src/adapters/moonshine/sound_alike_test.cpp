#include "adapters/moonshine/sound_alike.h"

#include <gtest/gtest.h>

#include "adapters/moonshine/words.h"

namespace sotto {
namespace {

double apart(std::string_view one, std::string_view other) { return sounds_apart(sound_of(one), sound_of(other)); }

std::vector<SoundingTerm> terms(std::vector<std::string> const& texts) {
  std::vector<SoundingTerm> out;
  for (auto const& text : texts) out.push_back({text, sound_of(text)});
  return out;
}

TEST(SoundAlike, SpellingsOfOneSoundAreTheSame) {
  EXPECT_EQ(apart("Caravel", "Karavel"), 0);
  EXPECT_EQ(apart("phoenix", "Fenicks"), 0);
  EXPECT_EQ(apart("Knight", "nite"), 0);
  EXPECT_EQ(apart("", ""), 1);
}

TEST(SoundAlike, NearSoundsAreNearerThanOthers) {
  EXPECT_LT(apart("Haltane", "Haldane"), apart("Harmane", "Haldane"));
  EXPECT_LT(apart("Fennimore", "Finnemore"), 0.1);
  EXPECT_GT(apart("Westbrook", "Haldane"), 0.5);
  EXPECT_DOUBLE_EQ(apart("Haltane", "Haldane"), apart("Haldane", "Haltane"));
}

TEST(SoundAlike, WordsThatSoundAsATermAreFoundWhereverTheyAreDivided) {
  auto const expected = terms({"Haldane", "Fen Fix"});
  auto const words = split_words("I signed up with hall dane for the Fenfix one");
  auto const found = sound_alikes(words, expected);
  ASSERT_EQ(found.size(), 2u);
  for (auto const& one : found) {
    EXPECT_EQ(one.from, one.term == 0 ? 4u : 8u);
    EXPECT_EQ(one.to, one.term == 0 ? 6u : 9u);
    EXPECT_LT(one.apart, 0.1);
  }
}

TEST(SoundAlike, ATermThatIsWrittenAsTwoWordsHasItsLetters) {
  auto const found = sound_alikes(split_words("Pearl Gate, Dental"), terms({"Pearlgate"}));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].same_letters);
  EXPECT_EQ(found[0].to, 2u);
  EXPECT_FALSE(sound_alikes(split_words("Pearl date, Dental"), terms({"Pearlgate"})).at(0).same_letters);
}

TEST(SoundAlike, ATermThatIsThereIsLeftAlone) {
  auto const expected = terms({"Haldane", "Fen Fix", "Holden"});
  EXPECT_TRUE(sound_alikes(split_words("It is Haldane's, and Fen Fix."), expected).empty());
  EXPECT_TRUE(sound_alikes(split_words("nothing alike was said"), expected).empty());
  EXPECT_TRUE(sound_alikes({}, expected).empty());
  EXPECT_TRUE(sound_alikes(split_words("hall dane"), {}).empty());
}

}  // namespace
}  // namespace sotto
