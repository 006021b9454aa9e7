#include "engine/friction/lives.hpp"

#include <algorithm>
#include <limits>

namespace lotse {

std::vector<Life> lives_of(const StayTable& table) {
  std::vector<Life> lives;
  std::uint32_t customer = std::numeric_limits<std::uint32_t>::max();
  for (const StayTable::InstanceRow& instance : table.instances) {
    if (instance.customer != customer) {
      customer = instance.customer;
      lives.push_back({.first = instance.opened,
                       .last = instance.last_activity,
                       .segment_set = table.segment_set[instance.first_stay]});
    }
    Life& life = lives.back();
    life.first = std::min(life.first, instance.opened);
    life.last = std::max(life.last, instance.last_activity);
    ++life.instances;
    life.achieved += instance.achieved != never ? 1U : 0U;
    if (instance.value != no_value) {
      ++life.valued;
      life.value += instance.value;
    }
  }
  return lives;
}

}  // namespace lotse
