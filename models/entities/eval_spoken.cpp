// Spoken forms: the English files of nemo_itn (read, not tuned on line by line) and generated sentences; how many
// entities are found with the right value. SOTTO_DATA names the data.
//   eval_spoken [--seed N] [--show]      seed 1 is for work on the rules, others report
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "entities/dictation_script.h"
#include "entities/figures.h"
#include "text/entities.h"

namespace sotto::eval {
namespace {

using text::Entity;

std::vector<std::string> split(std::string const& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

// Letters and digits only: "$1,500" and "1500 USD" are compared by what they hold.
std::string bare(std::string const& text) {
  std::string out;
  for (auto const c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)))
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

struct Counts {
  std::map<std::string, std::pair<long, long>> of;  // hits, all
  bool show = false;

  void add(std::string const& type, std::string const& said, Entity::Kind kind, std::string const& value,
           bool exact = true) {
    auto const found = text::find_entities(split(said));
    bool const hit = std::ranges::any_of(found, [&](Entity const& entity) {
      return entity.kind == kind && (!exact || entity.value == value || bare(entity.value) == bare(value));
    });
    auto& [hits, all] = of[type];
    hits += hit;
    ++all;
    if (hit || !show) return;
    std::fprintf(stderr, "%s: %s\n   wanted %s, got", type.c_str(), said.c_str(), value.c_str());
    for (auto const& entity : found) std::fprintf(stderr, " [%s %s]", text::name(entity.kind), entity.value.c_str());
    std::fputc('\n', stderr);
  }
};

std::vector<std::pair<std::string, std::string>> pairs(std::string const& path) {
  std::vector<std::pair<std::string, std::string>> out;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (auto const mark = line.find('~'); mark != std::string::npos)
      out.emplace_back(line.substr(0, mark), line.substr(mark + 1));
  }
  return out;
}

// Lines that name a thing of the kind and nothing else; "nineteen eighties" and "one dollars" are none.
void nemo(Counts& counts, std::string const& data) {
  auto const folder = data + "/nemo_itn/data_inverse_text_normalization/test_cases_";
  for (auto const& [said, written] : pairs(folder + "electronic.txt")) {
    if (written.find('@') != std::string::npos && written.find(' ') == std::string::npos)
      counts.add("email", said, Entity::Kind::email, written);
  }
  for (auto const& [said, written] : pairs(folder + "money.txt")) {
    if (written.starts_with("$") && written.find(' ') == std::string::npos)
      counts.add("money", said, Entity::Kind::money, written + " USD");
  }
  for (auto const& [said, written] : pairs(folder + "telephone.txt")) {
    auto const digits = std::ranges::count_if(written, [](char c) { return c >= '0' && c <= '9'; });
    if (digits >= 10 && written.find('.') == std::string::npos) counts.add("phone", said, Entity::Kind::phone, written);
  }
  for (auto const& [said, written] : pairs(folder + "date.txt")) {
    bool const month = std::isalpha(static_cast<unsigned char>(written[0])) || written.find(' ') == 2;
    if (month && std::isdigit(static_cast<unsigned char>(written.back())) && written[0] != 'Q')
      counts.add("date", said, Entity::Kind::date, written, false);
  }
  for (auto const& [said, written] : pairs(folder + "time.txt")) {
    if (said.find(" m") != std::string::npos || said.find("oclock") != std::string::npos ||
        said.find("past") != std::string::npos) {
      counts.add("time", said, Entity::Kind::time, written, false);
    }
  }
}

void generated(Counts& counts, Random& random) {
  static std::vector<std::string> const names = {"anna", "j smith", "m dot jones", "peter underscore b", "k l m"},
                                        hosts = {"gmail dot com", "yahoo dot co dot uk", "a o l dot com",
                                                 "example dot org"};
  static std::vector<std::string> const opens = {"my email is", "it's", "send it to", "you can write to",
                                                 "the address is"};
  for (int i = 0; i < 400; ++i) {
    auto const local = random.pick(names), host = random.pick(hosts);
    auto const plain = [](std::string text) {
      for (auto const& [from, to] :
           {std::pair<std::string, std::string>{" dot ", "."}, {" underscore ", "_"}, {" ", ""}}) {
        for (auto at = text.find(from); at != std::string::npos; at = text.find(from))
          text.replace(at, from.size(), to);
      }
      return text;
    };
    counts.add("email", random.pick(opens) + " " + local + " at " + host, Entity::Kind::email,
               plain(local) + "@" + plain(host));
    auto digits = std::to_string(random.between(2, 9));
    while (digits.size() < 10) digits += static_cast<char>('0' + random.below(10));
    std::string said;
    for (auto const& word : say(random, digits, random.chance(50) ? 0 : 3)) said += " " + word;
    counts.add("phone", "my phone number is" + said, Entity::Kind::phone, digits);
    said.clear();
    auto const order = digits.substr(0, static_cast<std::size_t>(random.between(5, 9)));
    for (auto const& word : say(random, order, 1)) said += " " + word;
    auto const wrong = order.substr(0, order.size() - 1) + (order.back() == '9' ? "1" : "9");
    std::string first;
    for (auto const& word : say(random, wrong, 0)) first += " " + word;
    auto const last = say(random, order.substr(order.size() - 1), 0)[0];
    bool const corrected = random.chance(30);
    counts.add("order", "the order number is" + (corrected ? first + " no sorry " + last : said), Entity::Kind::order,
               order);
  }
}

int run(int argc, char** argv) {
  std::uint64_t seed = 2;
  Counts counts;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--seed") == 0 && i + 1 < argc) seed = std::strtoull(argv[++i], nullptr, 10);
    else if (std::strcmp(argv[i], "--show") == 0) counts.show = true;
  }
  auto const* data = std::getenv("SOTTO_DATA");
  if (data) nemo(counts, data);
  Random random(seed);
  generated(counts, random);
  long hits = 0, all = 0;
  for (auto const& [type, of] : counts.of) {
    hits += of.first;
    all += of.second;
    std::puts(
        share("spoken", "recall_of_type", of.first, of.second, fmt::format(R"(,"type":"{}","seed":{})", type, seed))
            .c_str());
  }
  std::puts(share("spoken", "recall", hits, all, fmt::format(R"(,"floor":0.97,"aim":0.995,"seed":{})", seed)).c_str());
  return 0;
}

}  // namespace
}  // namespace sotto::eval

int main(int argc, char** argv) { return sotto::eval::run(argc, argv); }
