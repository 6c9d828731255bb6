// What a struct looks like outside: one table a struct, from which its JSON is written and read (fields_json.h) and its
// JSON Schema and TypeScript are generated (fields_schema.h). A table is a specialisation of Fields<T>:
//   template <> struct Fields<Word> {
//     static constexpr std::string_view title = "A word with its time";
//     static constexpr auto list = std::tuple(field("text", &Word::text), field("end_ms", &Word::end_ms, kMediaMs));
//   };
// The order of the list is the order on the wire.
#pragma once

#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

namespace sotto {

template <class T>
struct Fields;

template <class T>
concept Described = requires { Fields<T>::list; };

// The names of an enumeration: `static constexpr std::array<std::pair<std::string_view, E>, N> list`.
template <class E>
struct Names;

template <class E>
concept Named = requires { Names<E>::list; };

struct FieldRule {
  std::string_view text = {};  // for a reader of the schema
  double least = -std::numeric_limits<double>::infinity(), most = std::numeric_limits<double>::infinity();
  std::span<std::string_view const> one_of = {};     // a closed set of words
  std::string_view file = {};                        // whose schema it has; else its own or that of its type
  bool identity = false;                             // without it nothing can be made of the rest: reading fails
  bool left_out = false;                             // not written where it holds its default
  int digits = -1;                                   // a number is rounded to so many
  bool unique = false;                               // no two of a list have the same (fields_yaml.h)
  std::string (*shown)(std::string_view) = nullptr;  // how a text is printed; else as it is (fields_yaml.h)
};

template <class Owner, class Member>
struct Field {
  std::string_view name;
  Member Owner::* member;
  FieldRule rule;
};
template <class Owner, class Member>
constexpr Field<Owner, Member> field(std::string_view name, Member Owner::* member, FieldRule rule = {}) {
  return {name, member, rule};
}

// The fields of a member stand among those of its owner.
template <class Owner, class Member>
struct Inlined {
  Member Owner::* member;
};
template <class Owner, class Member>
constexpr Inlined<Owner, Member> inlined(Member Owner::* member) {
  return {member};
}

// Written for people, never read: says again what another field says.
template <class Owner>
struct Derived {
  std::string_view name;
  std::string (*text)(Owner const&);
  std::string_view format;  // as JSON Schema names it
};

}  // namespace sotto
