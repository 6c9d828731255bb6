// Numbers as people say them: "double two", "oh", "forty two hundred", "4111-1111"; what joins and what corrects them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::language {

// What a word is to a number.
enum class Lex {
  digits,  // written digits, or a digit said: "4111", "four", "oh"
  teen,    // ten .. nineteen
  tens,    // twenty .. ninety
  hundred,
  thousand,
  repeat,      // double, triple
  maybe,       // sounds like a digit: "to", "for"
  filler,      // says nothing, or joins: "uh", "then", "dash"
  correction,  // takes back what was said: "no", "sorry", "wait"
  other,
};

struct Lexeme {
  Lex lex = Lex::other;
  std::string digits;  // digits, teen, tens, maybe
  int times = 0;       // of repeat
  bool weak = false;   // "oh": a zero only beside other digits
};

// Lower case, digits of any script as ASCII, without punctuation at the ends: "Four," -> "four".
std::string fold(std::string_view word);
// "forty-two" is two lexemes; a word that is none of a number's is one `other`.
std::vector<Lexeme> read_word(std::string_view word);

// A part of a number, over words [first, last].
struct Item {
  enum class Kind { digits, maybe, filler, correction, pending, other } kind = Kind::other;
  std::string digits;
  std::string apart;  // the same words read one by one: "four hundred twelve" as 40012; empty: no other reading
  std::size_t first = 0, last = 0;
  bool begins = false;  // the first digits of what was said at once
};

// Words -> items, in order, each word in one item at least. "double" at the end is pending: its digit is still to come.
// `breaks`: words that begin something said anew; "thirty" before one and "three" behind it are two numbers.
std::vector<Item> read_numbers(std::vector<std::vector<Lexeme>> const& words, std::vector<bool> const& breaks = {});

bool luhn(std::string_view digits);

}  // namespace sotto::language
