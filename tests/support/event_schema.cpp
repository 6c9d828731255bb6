#include "support/event_schema.h"

#include <cctype>
#include <cmath>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "call/event_codec.h"

namespace sotto {

namespace {

namespace json = boost::json;

// --- a type, as JSON Schema and as TypeScript ---

struct Shape {
  json::object schema;
  std::string type;
};

template <class T>
concept InAFile = requires { Fields<T>::file; };

// "cue.shown.json" -> "CueShown"
std::string type_name(std::string_view file) {
  std::string out;
  bool first = true;
  for (char const c : file.substr(0, file.size() - std::string_view(".json").size())) {
    if (c == '.' || c == '-') first = true;
    else out += std::exchange(first, false) ? static_cast<char>(std::toupper(c)) : c;
  }
  return out;
}

Shape reference(std::string_view file) { return {{{"$ref", file}}, type_name(file)}; }

template <class List, class Name>
Shape words_of_list(List const& list, Name name) {
  json::array words;
  std::string type;
  for (auto const& one : list) {
    words.push_back(json::value(name(one)));
    type += fmt::format("{}\"{}\"", type.empty() ? "" : " | ", name(one));
  }
  if (words.size() == 1) return {{{"const", words[0]}}, type};
  return {{{"enum", std::move(words)}}, type};
}

template <class Owner>
json::object object_schema();
template <class Owner>
std::string object_type(std::string const& indent);

template <class T>
struct ShapeOf {
  static Shape of(std::string const& indent) {
    if constexpr (InAFile<T>) return reference(Fields<T>::file);
    else if constexpr (requires { Names<T>::file; }) return reference(Names<T>::file);
    else if constexpr (Named<T>) return words_of_list(Names<T>::list, [](auto const& pair) { return pair.first; });
    else if constexpr (Described<T>) return {object_schema<T>(), object_type<T>(indent)};
    else if constexpr (std::is_same_v<T, std::string>) return {{{"type", "string"}}, "string"};
    else if constexpr (std::is_same_v<T, bool>) return {{{"type", "boolean"}}, "boolean"};
    else if constexpr (std::is_same_v<T, double>) return {{{"type", "number"}}, "number"};
    else if constexpr (std::is_same_v<T, json::object>) return {{{"type", "object"}}, "Record<string, unknown>"};
    else return {{{"type", "integer"}}, "number"};  // whole numbers and times
  }
};
template <class T>
struct ShapeOf<std::vector<T>> {
  static Shape of(std::string const& indent) {
    auto item = ShapeOf<T>::of(indent);
    bool const simple = item.type.find(' ') == std::string::npos;
    return {{{"type", "array"}, {"items", item.schema}}, simple ? item.type + "[]" : "Array<" + item.type + ">"};
  }
};
template <class T>
struct ShapeOf<std::optional<T>> {
  static Shape of(std::string const& indent) { return ShapeOf<T>::of(indent); }
};
template <class K, class T>
struct ShapeOf<std::map<K, T>> {
  static Shape of(std::string const& indent) {
    return {{{"type", "object"}},
            fmt::format("Partial<Record<{}, {}>>", ShapeOf<K>::of(indent).type, ShapeOf<T>::of(indent).type)};
  }
};

template <class T>
inline constexpr bool kOptional = false;
template <class T>
inline constexpr bool kOptional<std::optional<T>> = true;

template <class Member>
Shape shape_of(FieldRule const& rule, std::string const& indent) {
  auto shape = ShapeOf<Member>::of(indent);
  if (!rule.one_of.empty()) {
    auto const words = words_of_list(rule.one_of, [](std::string_view word) { return word; });
    shape = {words.schema, words.type};
  }
  if (!rule.file.empty()) shape.schema = {{"$ref", rule.file}};
  if (kOptional<Member> && !rule.left_out) {  // null where there is none
    auto const* type = shape.schema.if_contains("type");
    if (type && type->is_string() && type->get_string() != "object") shape.schema["type"] = json::array{*type, "null"};
    else shape.schema = {{"anyOf", json::array{shape.schema, json::object{{"type", "null"}}}}};
    shape.type += " | null";
  }
  auto const number = [](double bound) {
    return bound == std::floor(bound) ? json::value(static_cast<std::int64_t>(bound)) : json::value(bound);
  };
  if (!rule.text.empty()) shape.schema["description"] = rule.text;
  if (std::isfinite(rule.least)) shape.schema["minimum"] = number(rule.least);
  if (std::isfinite(rule.most)) shape.schema["maximum"] = number(rule.most);
  return shape;
}

// --- a struct ---

struct Collected {
  json::object properties;
  json::array required;
  std::string type;
};

template <class Owner>
void collect(Collected& out, std::string const& indent);
template <class Owner, class Member>
void collect_field(Collected& out, std::string const& indent, Field<Owner, Member> const& field) {
  auto const shape = shape_of<Member>(field.rule, indent + "  ");
  out.properties[field.name] = shape.schema;
  if (!field.rule.left_out) out.required.push_back(json::value(field.name));
  out.type += fmt::format("{}  {}{}: {};{}\n", indent, field.name, field.rule.left_out ? "?" : "", shape.type,
                          field.rule.text.empty() ? "" : fmt::format(" // {}", field.rule.text));
}
template <class Owner, class Member>
void collect_field(Collected& out, std::string const& indent, Inlined<Owner, Member> const&) {
  collect<Member>(out, indent);
}
template <class Owner>
void collect_field(Collected& out, std::string const& indent, Derived<Owner> const& field) {
  out.properties[field.name] = {{"type", "string"}, {"format", field.format}};
  out.required.push_back(json::value(field.name));
  out.type += fmt::format("{}  {}: string; // {}\n", indent, field.name, field.format);
}
template <class Owner>
void collect(Collected& out, std::string const& indent) {
  std::apply([&](auto const&... field) { (collect_field(out, indent, field), ...); }, Fields<Owner>::list);
}

template <class Owner>
json::object object_schema() {
  Collected all;
  collect<Owner>(all, "");
  return {{"type", "object"},
          {"properties", std::move(all.properties)},
          {"required", std::move(all.required)},
          {"additionalProperties", false}};
}
template <class Owner>
std::string object_type(std::string const& indent) {
  Collected all;
  collect<Owner>(all, indent);
  return "{\n" + all.type + indent + "}";
}

// --- files ---

void print(std::string& out, json::value const& value, std::string const& indent) {
  auto const each = [&](auto const& items, char open, char close, auto const& one) {
    if (items.empty()) return void(out += fmt::format("{}{}", open, close));
    out += open;
    std::string_view separator = "";
    for (auto const& item : items) {
      out += fmt::format("{}\n{}  ", std::exchange(separator, ","), indent);
      one(item);
    }
    out += fmt::format("\n{}{}", indent, close);
  };
  if (value.is_object())
    return each(value.get_object(), '{', '}', [&](auto const& entry) {
      out += json::serialize(entry.key()) + ": ";
      print(out, entry.value(), indent + "  ");
    });
  if (value.is_array())
    return each(value.get_array(), '[', ']', [&](auto const& item) { print(out, item, indent + "  "); });
  out += value.is_double() ? fmt::format("{}", value.get_double()) : json::serialize(value);
}

std::string file_text(std::string_view file, std::string_view title, std::string_view text, json::object schema) {
  json::object out{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"$id", file}, {"title", title}};
  if (!text.empty()) out["description"] = text;
  for (auto& [key, value] : schema) out.emplace(key, std::move(value));
  std::string printed;
  print(printed, out, "");
  return printed + "\n";
}

template <class T>
std::string_view text_of() {
  if constexpr (requires { Fields<T>::text; }) return Fields<T>::text;
  else return "";
}

std::string file_of(std::string_view type) {
  return std::string(type.substr(std::string_view("sotto.").size())) + ".json";
}

// Calls visit.template operator()<T>() for what has a schema of its own beside the events.
template <class Visit>
void each_value(Visit visit) {
  visit.template operator()<Word>();
  visit.template operator()<Mention>();
  visit.template operator()<Because>();
  visit.template operator()<Source>();
  visit.template operator()<StagesMs>();
}
template <class Visit>
void each_event(Visit visit) {
  [&]<std::size_t... At>(std::index_sequence<At...>) {
    (visit.template operator()<std::variant_alternative_t<At, AnyBody>>(), ...);
  }(std::make_index_sequence<std::variant_size_v<AnyBody>>());
}

std::string event_file() {
  json::array types, cases;
  each_event([&]<class Body>() {
    types.push_back(json::value(Fields<Body>::type));
    cases.push_back({{"properties",
                      {{"type", {{"const", Fields<Body>::type}}}, {"data", {{"$ref", file_of(Fields<Body>::type)}}}}}});
  });
  auto const text = [](char const* means) { return json::object{{"type", "string"}, {"description", means}}; };
  json::object const properties{
      {"specversion", {{"const", "1.0"}}},
      {"id", text("<call>/<number>, of a partial <call>/<number>/partial")},
      {"source", text("/tenants/<tenant>/calls/<call>")},
      {"type", {{"enum", std::move(types)}}},
      {"time", {{"type", "string"}, {"format", "date-time"}}},
      {"subject", text("the call's id")},
      {"number",
       {{"type", "integer"}, {"description", "1, 2, 3 ... of its call; 0: not stored (yet)"}, {"minimum", 0}}},
      {"tenant", {{"type", "string"}}},
      {"unpersisted", {{"const", true}, {"description", "told while the store was down; comes again with its number"}}},
      {"data", {{"type", "object"}}}};
  json::array const required{"specversion", "id", "source", "type", "time", "subject", "number", "tenant", "data"};
  return file_text("event.json", "An event of a call",
                   "CloudEvents 1.0, structured JSON. `number` and `tenant` are extensions.",
                   {{"type", "object"},
                    {"properties", properties},
                    {"required", required},
                    {"additionalProperties", false},
                    {"oneOf", std::move(cases)}});
}

}  // namespace

std::map<std::string, std::string> event_schemas() {
  std::map<std::string, std::string> out;
  each_event([&]<class Body>() {
    auto const file = file_of(Fields<Body>::type);
    auto const title = fmt::format("{} (data of {})", Fields<Body>::title, Fields<Body>::type);
    out[file] = file_text(file, title, text_of<Body>(), object_schema<Body>());
  });
  each_value([&]<class T>() {
    out[std::string(Fields<T>::file)] = file_text(Fields<T>::file, Fields<T>::title, text_of<T>(), object_schema<T>());
  });
  auto const name = [](auto const& pair) { return pair.first; };
  out[std::string(Names<Track>::file)] =
      file_text(Names<Track>::file, Names<Track>::title, "", words_of_list(Names<Track>::list, name).schema);
  out["gap-reason.json"] = file_text("gap-reason.json", "Why audio was not heard", "",
                                     words_of_list(words::kGap, [](std::string_view word) { return word; }).schema);
  out["event.json"] = event_file();
  return out;
}

std::string event_types() {
  std::string out =
      "// Generated from src/call/event_fields.h, where the meaning of each field stands; see docs/schemas.\n\n";
  auto const name = [](auto const& pair) { return pair.first; };
  out += fmt::format("export type Track = {};\n", words_of_list(Names<Track>::list, name).type);
  each_value([&]<class T>() {
    out += fmt::format("\n// {}\nexport interface {} {}\n", Fields<T>::title, type_name(Fields<T>::file),
                       object_type<T>(""));
  });
  std::string all;
  each_event([&]<class Body>() {
    auto const type = type_name(file_of(Fields<Body>::type));
    out += fmt::format("\n// {}\nexport interface {} {}\n", Fields<Body>::title, type, object_type<Body>(""));
    all += fmt::format("  \"{}\": {};\n", Fields<Body>::type, type);
  });
  return out + "\n// The data of an event, by its type.\nexport interface EventData {\n" + all + "}\n";
}

}  // namespace sotto
