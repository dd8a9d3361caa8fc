//===- Schedule.cpp - What was chosen, as a table -------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads the sites and weight gradients of a lowered module, and tells by the
// rules of the cost model what a plan makes of them.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Driver/Schedule.h"

#include "dialects/DNN/DNN.h"
#include "runtime/lib/CostModel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/Format.h"

#include <array>

using namespace mlir;
using namespace rnnc;
namespace cost = ::rnn::cost;

using Cells = SmallVector<std::string>;

static std::string formatBytes(int64_t bytes) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (bytes < 1 << 20)
    os << llvm::format("%.1f KiB", bytes / 1024.0);
  else
    os << llvm::format("%.1f MiB", bytes / 1048576.0);
  return text;
}

/// Prints rows of cells in columns, numbers or not, two spaces apart.
static void printTable(ArrayRef<Cells> rows, llvm::raw_ostream &os) {
  SmallVector<size_t> widths(rows.front().size(), 0);
  for (const Cells &row : rows)
    for (auto [width, cell] : llvm::zip(widths, row))
      width = std::max(width, cell.size());
  for (const Cells &row : rows) {
    std::string line = " ";
    for (auto [width, cell] : llvm::zip(widths, row))
      line += " " + cell + std::string(width - cell.size() + 1, ' ');
    os << StringRef(line).rtrim() << "\n";
  }
}

static std::string formatTime(double seconds) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.2f us", seconds * 1e6);
  return text;
}

static std::string formatShare(double part, double whole) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.0f%%", 100 * part / whole);
  return text;
}

namespace {

/// Sequences for which the table says where the time of a step goes.
constexpr std::array<int64_t, 2> batches = {1, 16};

/// A product: what the table says of it, and seconds a step for each number of
/// sequences.
struct Product {
  Cells before;
  std::string kernel;
  std::array<double, batches.size()> seconds;
};

class Schedule {
public:
  Schedule(ModuleOp module, const ModelInfo &info, const TargetShape &target,
           bool onlyGenerated, llvm::raw_ostream &os)
      : module(module), info(info), target(target),
        onlyGenerated(onlyGenerated),
        machine(target.vectorBytes, info.elementType == RNN_F64 ? 8 : 4),
        os(os) {}

  void print();

private:
  void printFunction(StringRef name, int index);
  void printProducts(ArrayRef<Product> products);
  SmallVector<Product> findProducts(StringRef name, int index);
  Product describeSite(dnn::SiteOp site);
  Product describeGradient(dnn::GemmTNOp op, int index, int64_t largest);
  std::string findCache(int64_t bytes);
  std::string getTile(dnn::SiteOp site);
  std::string getKernel(dnn::SiteOp site);
  bool mayUseLibrary() { return !onlyGenerated && info.elementType == RNN_F32; }

  ModuleOp module;
  const ModelInfo &info;
  TargetShape target;
  bool onlyGenerated;
  cost::Machine machine;
  llvm::raw_ostream &os;
};

} // namespace

/// The nearest cache that holds so many bytes.
std::string Schedule::findCache(int64_t bytes) {
  return bytes <= machine.caches.first    ? "L1"
         : bytes <= machine.caches.second ? "L2"
                                          : "beyond L2";
}

/// Rows by vectors of the sums that stay in registers.
std::string Schedule::getTile(dnn::SiteOp site) {
  int64_t lanes = target.lanes(site.getElementType());
  int64_t vectors = site.getGates() * site.getUnits() / lanes;
  int64_t rows = site.getTileRows().value_or(maxTileRows(vectors, target));
  return std::to_string(rows) + " x " + std::to_string(vectors);
}

std::string Schedule::getKernel(dnn::SiteOp site) {
  std::string fused = site.getGates() > 1 ? ", gates fused" : "";
  int function = site.getFunction();
  bool isLibrarys = mayUseLibrary() && !site.getStorage() && function >= 0 &&
                    cost::libraryWins(function, site.getN(), site.getK());
  if (!isLibrarys)
    return "generated" + fused;
  return "library from " + std::to_string(cost::LibraryRows) +
         " rows, else generated" + fused;
}

/// Steps of a chunk of a long sequence; functions that the table does not know
/// have steps alone.
static int64_t getChunk(int function, int64_t batch) {
  constexpr int64_t longSequence = 1 << 20;
  return function < 0
             ? 1
             : cost::chunkSteps(longSequence, batch, cost::chunkRows(function));
}

Product Schedule::describeSite(dnn::SiteOp site) {
  std::string names;
  for (Attribute name : site->getAttrOfType<ArrayAttr>("rnnc.parameters"))
    names += (names.empty() ? "" : " ") + cast<StringAttr>(name).str();
  int64_t bits = site.getStorage()
                     ? site.getStorage()->getIntOrFloatBitWidth()
                     : site.getElementType().getIntOrFloatBitWidth();
  int64_t bytes = site.getBlocks() * site.getK() * site.getGates() *
                  site.getUnits() * bits / 8;
  std::string rows =
      site.getAxis() ? "chunk of " + info.axes[*site.getAxis()] : "step";
  Product product = {{std::to_string(site.getIndex()),
                      names.empty() ? "computed" : names, rows,
                      std::to_string(site.getN()), std::to_string(site.getK()),
                      getTile(site), formatBytes(bytes), findCache(bytes)},
                     getKernel(site),
                     {}};
  for (auto [batch, seconds] : llvm::zip_equal(batches, product.seconds)) {
    int64_t steps = site.getAxis() ? getChunk(site.getFunction(), batch) : 1;
    seconds = machine.product(steps * batch, site.getN(), site.getK(), bytes) /
              static_cast<double>(steps);
  }
  return product;
}

static int64_t getWidth(Value buffer) {
  return cast<MemRefType>(buffer.getType()).getShape().back();
}

Product Schedule::describeGradient(dnn::GemmTNOp op, int index,
                                   int64_t largest) {
  int64_t n = getWidth(op.getA()), k = getWidth(op.getB());
  int64_t bytes = n * k * machine.elementBytes;
  bool isLibrarys = mayUseLibrary() && cost::libraryWinsGradients(largest);
  Product product = {{"-", "weight gradient", "sum", std::to_string(n),
                      std::to_string(k), "-", formatBytes(bytes),
                      findCache(bytes)},
                     isLibrarys ? "library" : "generated",
                     {}};
  for (auto [batch, seconds] : llvm::zip_equal(batches, product.seconds)) {
    int64_t steps = getChunk(index, batch);
    seconds =
        machine.gradient(steps * batch, n, k) / static_cast<double>(steps);
  }
  return product;
}

SmallVector<Product> Schedule::findProducts(StringRef name, int index) {
  SmallVector<Product> products;
  int64_t largest = 0;
  for (auto site : module.getOps<dnn::SiteOp>()) {
    if (!site.getSymName().starts_with((info.name + "_" + name + "_").str()))
      continue;
    products.push_back(describeSite(site));
    largest = std::max<int64_t>(largest, site.getN() * site.getK());
  }
  auto entry =
      module.lookupSymbol<func::FuncOp>((info.name + "_" + name).str());
  llvm::SetVector<std::pair<int64_t, int64_t>> seen;
  if (entry)
    entry.walk([&](dnn::GemmTNOp op) {
      // What is done with full steps is done again with runs of rows.
      if (seen.insert({getWidth(op.getA()), getWidth(op.getB())}))
        products.push_back(describeGradient(op, index, largest));
    });
  return products;
}

/// A table whose last line has the time of all products, a step.
void Schedule::printProducts(ArrayRef<Product> products) {
  SmallVector<Cells> rows = {{"site", "multiplies", "rows", "n", "k", "tile",
                              "weights", "from", "B 1", "B 16", "kernel"}};
  Cells total = {"", "all, a step", "", "", "", "", "", ""};
  std::array<double, batches.size()> sums = {};
  for (const Product &product : products)
    for (auto [sum, seconds] : llvm::zip_equal(sums, product.seconds))
      sum += seconds;
  for (const Product &product : products) {
    rows.push_back(product.before);
    for (auto [sum, seconds] : llvm::zip_equal(sums, product.seconds))
      rows.back().push_back(formatShare(seconds, sum));
    rows.back().push_back(product.kernel);
  }
  for (double sum : sums)
    total.push_back(formatTime(sum));
  total.push_back("");
  rows.push_back(std::move(total));
  printTable(rows, os);
}

/// What the threads of a plan do with a function.
static std::string describeThreads(const FunctionInfo &function) {
  rnn_function made = {};
  made.sites = function.sites.data();
  made.site_count = function.sites.size();
  int64_t longest = cost::longestSite(made);
  bool isCut = function.flags & RNN_SLICES;
  std::string team;
  if (function.flags & RNN_WAVE && cost::fitsWave(made))
    team = "a wave of " + std::to_string(function.stages.size()) +
           " stages where sequences are long enough, else ";
  if (function.flags & RNN_TEAM && longest >= 0)
    team += "a team, by site " + std::to_string(longest) +
            " worth its barriers from a batch of " +
            std::to_string(cost::teamBatch(made.sites[longest])) + " on";
  if (!isCut)
    return team.empty() ? "one" : team;
  std::string slices = "slices of the batch";
  if (!team.empty())
    slices += ", " + std::to_string(cost::minSliceRows(made)) +
              " sequences or more each; below that " + team;
  return slices;
}

void Schedule::printFunction(StringRef name, int index) {
  os << "\n" << name << "\n";
  if (const FunctionInfo *function =
          index < 0 ? nullptr : info.getFunction(index))
    os << "  threads: " << describeThreads(*function) << "\n";
  SmallVector<Product> products = findProducts(name, index);
  if (products.empty())
    os << "  no products\n";
  else
    printProducts(products);
}

void Schedule::print() {
  const cost::Speed &speed = machine.speed;
  os << "model " << info.name << ": vectors of " << target.vectorBytes
     << " bytes, " << target.registers << " registers; caches taken to hold "
     << formatBytes(machine.caches.first) << " and "
     << formatBytes(machine.caches.second) << "\ncores taken to do "
     << llvm::format("%g GFLOP/s and to read %g, %g and %g GB/s", speed.peak,
                     speed.first, speed.second, speed.beyond)
     << " from L1, L2 and beyond\nchunks of time of about " << cost::ChunkRows
     << " rows (steps x batch), of gradients about " << cost::GradientChunkRows
     << ", at least a step\n";
  for (const FunctionInfo &function : info.functions)
    printFunction(function.name, function.index);
  if (info.stream)
    printFunction("step", -1);
}

void rnnc::writeSchedule(ModuleOp module, const ModelInfo &info,
                         const TargetShape &target, bool onlyGenerated,
                         llvm::raw_ostream &os) {
  Schedule(module, info, target, onlyGenerated, os).print();
}
