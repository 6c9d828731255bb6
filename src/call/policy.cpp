#include "call/policy.h"

#include <algorithm>

namespace sotto {

std::vector<ChecklistItem> PolicySet::checklist() const {
  std::vector<ChecklistItem> items;
  for (auto const& rule : rules) {
    if (rule.checklist && std::ranges::find(items, rule.checklist->item, &ChecklistItem::item) == items.end()) {
      items.push_back(*rule.checklist);
    }
  }
  return items;
}

}  // namespace sotto
