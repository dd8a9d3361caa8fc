//===- Schedule.cpp - What was chosen, as a table -------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads the sites and weight gradients of a lowered module.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Driver/Schedule.h"

#include "dialects/DNN/DNN.h"
#include "runtime/lib/CostModel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/Format.h"

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

namespace {

class Schedule {
public:
  Schedule(ModuleOp module, const ModelInfo &info, const TargetShape &target,
           bool onlyGenerated, llvm::raw_ostream &os)
      : module(module), info(info), target(target),
        onlyGenerated(onlyGenerated),
        caches(cost::cachesOf(target.vectorBytes)), os(os) {}

  void print();

private:
  void printFunction(StringRef name, int index);
  Cells describeSite(dnn::SiteOp site);
  Cells describeGradient(dnn::GemmTNOp op, int64_t largest);
  std::string findCache(int64_t bytes);
  std::string getTile(dnn::SiteOp site);
  std::string getKernel(dnn::SiteOp site);
  bool mayUseLibrary() { return !onlyGenerated && info.elementType == RNN_F32; }

  ModuleOp module;
  const ModelInfo &info;
  TargetShape target;
  bool onlyGenerated;
  cost::Caches caches;
  llvm::raw_ostream &os;
};

} // namespace

/// The nearest cache that holds so many bytes.
std::string Schedule::findCache(int64_t bytes) {
  return bytes <= caches.first    ? "L1"
         : bytes <= caches.second ? "L2"
                                  : "beyond L2";
}

/// Rows by vectors of the sums that stay in registers.
std::string Schedule::getTile(dnn::SiteOp site) {
  int64_t lanes = target.lanes(site.getElementType());
  int64_t vectors = site.getGates() * site.getUnits() / lanes;
  return std::to_string(maxTileRows(vectors, target)) + " x " +
         std::to_string(vectors);
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

Cells Schedule::describeSite(dnn::SiteOp site) {
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
  return {std::to_string(site.getIndex()),
          names.empty() ? "computed" : names,
          rows,
          std::to_string(site.getN()),
          std::to_string(site.getK()),
          getTile(site),
          formatBytes(bytes),
          findCache(bytes),
          getKernel(site)};
}

static int64_t getWidth(Value buffer) {
  return cast<MemRefType>(buffer.getType()).getShape().back();
}

Cells Schedule::describeGradient(dnn::GemmTNOp op, int64_t largest) {
  int64_t n = getWidth(op.getA()), k = getWidth(op.getB());
  int64_t bytes = n * k * (info.elementType == RNN_F64 ? 8 : 4);
  bool isLibrarys = mayUseLibrary() && cost::libraryWinsGradients(largest);
  return {"-",
          "weight gradient",
          "sum",
          std::to_string(n),
          std::to_string(k),
          "-",
          formatBytes(bytes),
          findCache(bytes),
          isLibrarys ? "library" : "generated"};
}

void Schedule::printFunction(StringRef name, int index) {
  SmallVector<Cells> rows = {{"site", "multiplies", "rows", "n", "k", "tile",
                              "weights", "from", "kernel"}};
  int64_t largest = 0;
  for (auto site : module.getOps<dnn::SiteOp>()) {
    if (!site.getSymName().starts_with((info.name + "_" + name + "_").str()))
      continue;
    rows.push_back(describeSite(site));
    largest = std::max<int64_t>(largest, site.getN() * site.getK());
  }
  auto entry =
      module.lookupSymbol<func::FuncOp>((info.name + "_" + name).str());
  llvm::SetVector<std::pair<int64_t, int64_t>> seen;
  if (entry)
    entry.walk([&](dnn::GemmTNOp op) {
      // What is done with full steps is done again with runs of rows.
      if (seen.insert({getWidth(op.getA()), getWidth(op.getB())}))
        rows.push_back(describeGradient(op, largest));
    });
  os << "\n" << name << "\n";
  if (rows.size() > 1)
    printTable(rows, os);
  else
    os << "  no products\n";
}

void Schedule::print() {
  os << "model " << info.name << ": vectors of " << target.vectorBytes
     << " bytes, " << target.registers << " registers; caches taken to hold "
     << formatBytes(caches.first) << " and " << formatBytes(caches.second)
     << "\nchunks of time of about " << cost::ChunkRows
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
