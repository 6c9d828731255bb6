#include "knowledge/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace sotto::knowledge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// A small list: common words have a low place, names that everybody knows one in between, towns a high one.
std::optional<std::size_t> rank(std::string_view word) {
  static std::map<std::string, std::size_t, std::less<>> const places{
      {"fees", 2'000},      {"late", 2'000},    {"ask", 2'000},  {"this", 2'000},  {"the", 2'000},
      {"makes", 2'000},     {"ours", 2'000},    {"we", 2'000},   {"you", 2'000},   {"your", 2'000},
      {"july", 2'000},      {"green", 2'500},   {"plan", 2'600}, {"fix", 8'000},   {"saved", 3'000},
      {"limerick", 15'600}, {"riding", 12'000}, {"pump", 9'000}, {"energy", 2'300}};
  auto const found = places.find(word);
  return found == places.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> names(std::string const& markdown, std::size_t most = 100) {
  auto const parsed = parse_markdown(markdown, "a.md");
  EXPECT_TRUE(parsed.problems.empty());
  return names_in(parsed.passages, rank, most);
}

TEST(Names, AreRareWordsWithACapitalInsideASentence) {
  EXPECT_THAT(names("# Fees\n\n## Late\n\nYou pay Zorvantia in July. A shop in Limerick is open.\n"),
              UnorderedElementsAre("Zorvantia", "Limerick"));
}

TEST(Names, AWordThatStandsInSmallLettersTooIsNone) {
  EXPECT_THAT(names("# Fees\n\n## The Grommler\n\nYour grommler is checked by Zorvantia.\n"), ElementsAre("Zorvantia"));
}

TEST(Names, FormsOfCommonWordsAreNone) {
  EXPECT_THAT(names("# Fees\n\n## Late\n\nYou ask Plans, Fixing or Planning of Zorvantia, and Kelmoors.\n"),
              UnorderedElementsAre("Zorvantia", "Kelmoors"));
}

TEST(Names, OneThatIsWrittenSmallOnceIsANameStill) {
  EXPECT_THAT(names("# Fees\n\n## Late\n\nYou ask Kelmoor, or Kelmoor, or Kelmoor, at kelmoor's.\n"),
              ElementsAre("Kelmoor"));
}

TEST(Names, AtTheBeginningOfASentenceOnlyWordsThatNoListKnows) {
  EXPECT_THAT(names("# Fees\n\n## Late\n\nZorvantia pays. Riding is free. Pumps are not. Unsaved work is lost.\n"),
              ElementsAre("Zorvantia"));
}

TEST(Names, CellsOfATableBeginSentences) {
  EXPECT_THAT(
      names("# Makes\n\n## Ours\n\nWe mend these.\n\n| Brand | Wait |\n|---|---|\n| Kelmoor | 2 days |\n| Vantlix | 3 "
            "weeks |\n"),
      UnorderedElementsAre("Kelmoor", "Vantlix"));
}

TEST(Names, WordsWithACapitalBehindANameBelongToIt) {
  EXPECT_THAT(names("# Fees\n\n## Late\n\nAsk for Zorvantia Green Plan, July only.\n"),
              UnorderedElementsAre("Zorvantia", "Zorvantia Green", "Zorvantia Green Plan"));
}

TEST(Names, WhatIsSpeltAndWhatHasDigitsIsNone) {
  EXPECT_THAT(names("# Fees\n\n## Late\n\nWe charge ZQV on the Xq7 and the A4B.\n"), IsEmpty());
}

TEST(Names, TheOwnersMarkIsNotPartOfIt) {
  EXPECT_THAT(names("# Fees\n\n## Late\n\nThis is Zorvantia's offer, and Okonjo-Reilly\xe2\x80\x99s too.\n"),
              UnorderedElementsAre("Zorvantia", "Okonjo-Reilly"));
}

TEST(Names, ThoseOfTitlesComeFirstThenTheFrequent) {
  auto const text =
      "# The Zorvantia\n\n## Late\n\nWe ask Kelmoor here. We ask Kelmoor there. We ask Vantlix, and Kelmoor.\n";
  EXPECT_THAT(names(text), ElementsAre("Zorvantia", "Kelmoor", "Vantlix"));
  EXPECT_THAT(names(text, 2), ElementsAre("Zorvantia", "Kelmoor"));
}

}  // namespace
}  // namespace sotto::knowledge
