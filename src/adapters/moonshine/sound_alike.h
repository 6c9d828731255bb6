// "Pettitt" for "Petchett": words of a text that sound as a term that is expected. Where the sound is nearly the same,
// the model writes what is commoner; here is the other reading, for the model to say how much less likely it finds it.
// Sounds are compared as classes of consonants with the vowels between them, by their cheapest edits; as Metaphone
// (L. Philips, "Hanging on the metaphone", 1990) and weighted edits of phonemes do, much simplified. Pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sotto {

// How a text sounds: a letter for each class of consonants, 'a' for vowels.
std::string sound_of(std::string_view text);

// In consonants: vowels and soft sounds count less.
double length_of(std::string_view sound);

// From 0, the same, to 1 and more; by the length of the longer.
double sounds_apart(std::string_view sound, std::string_view other);

// A term as it is written and as it sounds.
struct SoundingTerm {
  std::string text, sound;
};

// Words from `from` until before `to` that may have been the term with this number.
struct SoundAlike {
  std::size_t from = 0, to = 0, term = 0;
  double apart = 0;
  bool same_letters = false;  // "Pearl Gate" for "Pearlgate"
};

// The nearest first, none over another, none that has the term already. `words`: as split_words() gives them.
std::vector<SoundAlike> sound_alikes(std::span<std::string_view const> words, std::span<SoundingTerm const> terms);

}  // namespace sotto
