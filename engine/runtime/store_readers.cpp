#include "engine/runtime/store_readers.hpp"

#include <utility>

namespace lotse {

Result<StoreReaders::Reader> StoreReaders::look() {
  std::unique_ptr<Store> store;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      store = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (store) {
    LOTSE_CHECK(store->look());
  } else {
    LOTSE_TRY(store, Store::open_for_reading(file_));
  }
  return Reader(*this, std::move(store));
}

StoreReaders::Reader::~Reader() {
  if (!store_ || !store_->release()) return;
  const std::lock_guard lock(owner_->mutex_);
  owner_->idle_.push_back(std::move(store_));
}

}  // namespace lotse
