//===- TeamAccess.cpp - What the threads of a team touch ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One rule a kernel. Columns belong to the same thread in every row and at
// every time, so that what a thread made it finds in its own cache and needs
// not wait for.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/TeamAccess.h"

#include "compiler/lib/CodeGen/KernelBuilder.h"
#include "compiler/lib/CodeGen/PanelLayout.h"
#include "compiler/lib/CodeGen/VectorizePhases.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::dnn;

//===----------------------------------------------------------------------===//
// Conflicts
//===----------------------------------------------------------------------===//

static bool mayOverlap(PlaceAttr a, PlaceAttr b) {
  return a.getSpace() == b.getSpace() && a.getBegin() < b.getEnd() &&
         b.getBegin() < a.getEnd();
}

static bool mayOverlap(ArrayAttr a, ArrayAttr b) {
  if (!a || !b)
    return true;
  return llvm::any_of(a.getAsRange<PlaceAttr>(), [&](PlaceAttr one) {
    return llvm::any_of(b.getAsRange<PlaceAttr>(), [&](PlaceAttr other) {
      return mayOverlap(one, other);
    });
  });
}

/// Whether columns mean the same memory in both.
static bool areAligned(const Access &a, const Access &b) {
  return a.places && a.places == b.places && a.stride == b.stride;
}

static bool haveSameToucher(const Access &a, const Access &b) {
  if (a.by != b.by || a.by == Toucher::Any)
    return false;
  if (a.by == Toucher::First)
    return true;
  if (!areAligned(a, b) || a.column != b.column)
    return false;
  return a.by == Toucher::Site ? a.site == b.site
                               : a.unit == b.unit && a.width == b.width;
}

bool Access::meets(const Access &other) const {
  if (!writes && !other.writes)
    return false;
  if (!mayOverlap(places, other.places))
    return false;
  bool areApart =
      areAligned(*this, other) &&
      (column + width <= other.column || other.column + other.width <= column);
  return !areApart;
}

bool Access::conflicts(const Access &other) const {
  return meets(other) && !haveSameToucher(*this, other);
}

bool SharedKernel::conflicts(const SharedKernel &other) const {
  return llvm::any_of(accesses, [&](const Access &own) {
    return llvm::any_of(other.accesses, [&](const Access &access) {
      return own.conflicts(access);
    });
  });
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// Collects the accesses of a kernel.
class TeamAnalysis::Builder {
public:
  explicit Builder(const TeamAnalysis &analysis) : analysis(analysis) {}

  /// A kernel of thread 0.
  void startAlone() { kernel.alone = true; }

  /// A kernel whose parts are columns like those of `buffer`; thread 0's where
  /// there is one part.
  void startColumns(Value buffer) {
    startColumns(features(buffer), analysis.unitOf(buffer));
  }
  void startColumns(int64_t width, int64_t unit) {
    kernel.unit = unit;
    kernel.alone = width <= unit;
  }
  /// A kernel that has parts even where they are one.
  void startParts(int64_t unit) { kernel.unit = unit; }
  void startByAll() { kernel.byAll = true; }

  /// A phase whose rows are divided, unless sums over rows want all of them.
  void startRows(PhaseOp phase) {
    if (!phase.getColumnSums().empty() || isOneRow(phase.getOutputs().front()))
      startAlone();
    for (Value in : phase.getInputs())
      read(in);
    for (ValueRange written :
         {ValueRange(phase.getOutputs()), ValueRange(phase.getRowSums()),
          ValueRange(phase.getColumnSums())})
      for (Value out : written)
        write(out);
  }

  void read(Value buffer) { add(buffer, false, Toucher::Any); }
  void readColumns(Value buffer) { add(buffer, false, Toucher::Columns); }
  void write(Value buffer) { add(buffer, true, Toucher::Any); }
  void writeColumns(Value buffer) { add(buffer, true, Toucher::Columns); }
  void writeSite(Value buffer, FlatSymbolRefAttr site) {
    add(buffer, true, Toucher::Site);
    kernel.accesses.back().site = site;
  }
  void touchPanels(SiteOp site, bool writes) {
    MLIRContext *context = site.getContext();
    // The whole of what is reserved there, by its first element.
    int64_t begin = site.getPanelOffset();
    Attribute place = PlaceAttr::get(
        context, StringAttr::get(context, "packed"), begin, begin + 1);
    Access access;
    access.places = ArrayAttr::get(context, place);
    access.width = 1;
    access.writes = writes;
    // Packing and products divide blocks alike.
    access.by = kernel.alone ? Toucher::First : Toucher::Site;
    access.site = FlatSymbolRefAttr::get(site.getSymNameAttr());
    kernel.accesses.push_back(access);
  }

  SharedKernel take() { return std::move(kernel); }

private:
  void add(Value buffer, bool writes, Toucher by) {
    Access access;
    access.writes = writes;
    access.by = kernel.alone ? Toucher::First : by;
    access.unit = kernel.unit;
    access.stride = rowStride(buffer);
    access.width = features(buffer);
    if (by == Toucher::Columns && access.width <= access.unit)
      access.by = Toucher::First;
    if (auto op = buffer.getDefiningOp<BufferOp>()) {
      access.places = op.getPlacesAttr();
      access.column = op.getColumn();
    }
    kernel.accesses.push_back(access);
  }

  const TeamAnalysis &analysis;
  SharedKernel kernel;
};

TeamAnalysis::TeamAnalysis(Operation *function, int64_t vectorBytes)
    : vectorBytes(vectorBytes) {
  if (auto module = function->getParentOfType<ModuleOp>())
    for (auto site : module.getOps<SiteOp>())
      sites[site.getSymNameAttr()] = site;
  function->walk([&](GemmPhaseOp op) {
    SiteOp site = lookup(op.getSiteAttr());
    noteUnits(site.getN() / site.getGates(), site);
  });
  function->walk([&](GemmOp op) {
    SiteOp site = lookup(op.getSiteAttr());
    noteUnits(site.getN(), site);
  });
}

int64_t TeamAnalysis::lanesOf(Type element) const {
  return TargetShape{vectorBytes, /*registers=*/0}.lanes(element);
}

/// A part of a loop over columns is a number of vectors.
void TeamAnalysis::noteUnits(int64_t width, SiteOp site) {
  if (site.getUnits() % lanesOf(site.getElementType()) == 0)
    units.try_emplace(width, site.getUnits());
}

SiteOp TeamAnalysis::lookup(FlatSymbolRefAttr site) const {
  return sites.lookup(site.getAttr());
}

int64_t TeamAnalysis::unitOf(Value buffer) const {
  auto known = units.find(features(buffer));
  if (known != units.end())
    return known->second;
  return lanesOf(elementType(buffer));
}

/// Whether a store goes to memory that every thread has for itself.
static bool isPrivate(Value address) {
  while (auto offset = address.getDefiningOp<LLVM::GEPOp>())
    address = offset.getBase();
  return address.getDefiningOp<LLVM::AllocaOp>() != nullptr;
}

static bool hasOneRow(Value buffer) {
  return cast<MemRefType>(buffer.getType()).getDimSize(0) == 1;
}

std::optional<SharedKernel> TeamAnalysis::describe(Operation *op) const {
  Builder k(*this);
  bool isKernel = true;
  /// Rows are divided, and features of a row combined.
  auto overRows = [&](ValueRange read, Value out) {
    if (hasOneRow(out))
      k.startAlone();
    for (Value buffer : read)
      k.read(buffer);
    k.write(out);
  };
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](FillOp fill) {
        k.startColumns(fill.getOut());
        k.writeColumns(fill.getOut());
      })
      .Case([&](CopyOp copy) {
        if (copy.getTransposed())
          k.startAlone();
        else
          k.startColumns(copy.getTo());
        k.readColumns(copy.getFrom());
        k.writeColumns(copy.getTo());
      })
      .Case([&](GatherOp gather) {
        k.startColumns(gather.getOut());
        k.readColumns(gather.getTable());
        k.read(gather.getTokens());
        k.writeColumns(gather.getOut());
      })
      .Case([&](ScatterAddOp scatter) {
        k.startColumns(scatter.getTable());
        k.read(scatter.getTokens());
        k.readColumns(scatter.getRows());
        k.writeColumns(scatter.getTable());
      })
      .Case([&](OneHotOp hot) {
        k.startColumns(hot.getOut());
        k.read(hot.getTokens());
        k.writeColumns(hot.getOut());
      })
      .Case([&](TokenValueOp value) {
        k.startAlone();
        k.read(value.getTokens());
        k.write(value.getOut());
      })
      .Case([&](SumRowsOp sum) {
        k.startColumns(sum.getOut());
        k.readColumns(sum.getInput());
        k.writeColumns(sum.getOut());
      })
      .Case([&](SumFeaturesOp sum) { overRows(sum.getInput(), sum.getOut()); })
      .Case([&](SoftmaxOp softmax) {
        overRows(softmax.getInput(), softmax.getOut());
      })
      .Case([&](ArgmaxOp argmax) {
        overRows(argmax.getInput(), argmax.getOut());
      })
      .Case([&](CrossEntropyOp loss) {
        overRows({loss.getLogits(), loss.getTokens()}, loss.getOut());
      })
      .Case([&](CrossEntropyGradientOp gradient) {
        overRows({gradient.getLogits(), gradient.getTokens(),
                  gradient.getNats(), gradient.getCotangent()},
                 gradient.getOut());
      })
      .Case([&](PhaseOp phase) {
        Value out = phase.getShapeBuffer();
        if (!phase.getRowSums().empty()) {
          k.startRows(phase);
          return;
        }
        k.startColumns(out);
        for (Value sum : phase.getColumnSums())
          k.writeColumns(sum);
        bool isFlat = isFlatPhase(phase, vectorBytes);
        for (Value in : phase.getInputs())
          isFlat || features(in) != features(out) ? k.read(in)
                                                  : k.readColumns(in);
        for (Value to : phase.getOutputs())
          isFlat ? k.write(to) : k.writeColumns(to);
      })
      .Case([&](GemmOp gemm) {
        SiteOp site = lookup(gemm.getSiteAttr());
        k.startParts(site.getUnits());
        k.read(gemm.getA());
        k.touchPanels(site, /*writes=*/false);
        if (site.getGates() == 1)
          k.writeColumns(gemm.getC());
        else
          k.writeSite(gemm.getC(), gemm.getSiteAttr());
      })
      .Case([&](GemmPhaseOp phase) {
        SiteOp site = lookup(phase.getSiteAttr());
        int64_t width = site.getN() / site.getGates();
        bool isOfVectors =
            site.getUnits() % lanesOf(site.getElementType()) == 0;
        k.startColumns(width, isOfVectors ? site.getUnits() : width);
        k.read(phase.getA());
        k.touchPanels(site, /*writes=*/false);
        k.writeSite(phase.getScratch(), phase.getSiteAttr());
        for (Value in : phase.getInputs())
          features(in) == width ? k.readColumns(in) : k.read(in);
        for (Value out : phase.getOutputs())
          k.writeColumns(out);
      })
      .Case([&](GemmTNOp gemm) {
        k.read(gemm.getA());
        k.read(gemm.getB());
        k.write(gemm.getC());
      })
      .Case([&](PackOp pack) {
        k.startParts(lookup(pack.getSiteAttr()).getUnits());
        k.read(pack.getWeight());
        k.touchPanels(lookup(pack.getSiteAttr()), /*writes=*/true);
      })
      .Case([&](memref::LoadOp load) {
        k.startByAll();
        k.read(load.getMemRef());
      })
      .Case([&](memref::StoreOp store) {
        k.startAlone();
        k.write(store.getMemRef());
      })
      .Case([&](LLVM::StoreOp store) {
        isKernel = !isPrivate(store.getAddr());
        k.startAlone();
      })
      .Default([&](Operation *) { isKernel = false; });
  if (!isKernel)
    return std::nullopt;
  return k.take();
}
