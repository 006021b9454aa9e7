#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace lotse {

/// Things that are costly to make and that one thread uses at a time, kept for the next. Any thread.
template <class T>
class Spares {
 public:
  using Make = std::function<std::unique_ptr<T>()>;
  explicit Spares(Make make) : make_(std::move(make)) {}

  /// Gives its thing back when it goes.
  class Lent {
   public:
    Lent(Spares& from, std::unique_ptr<T> thing) : from_(from), thing_(std::move(thing)) {}
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    ~Lent() {
      const std::lock_guard lock(from_.mutex_);
      from_.spare_.push_back(std::move(thing_));
    }
    [[nodiscard]] T& operator*() const { return *thing_; }

   private:
    Spares& from_;
    std::unique_ptr<T> thing_;
  };

  /// One that nobody uses; as many are made as are ever lent at once.
  [[nodiscard]] Lent lend() {
    {
      const std::lock_guard lock(mutex_);
      if (!spare_.empty()) {
        auto thing = std::move(spare_.back());
        spare_.pop_back();
        return Lent(*this, std::move(thing));
      }
    }
    return Lent(*this, make_());
  }

 private:
  Make make_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> spare_;
};

}  // namespace lotse
