/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One id for each kind of journal entry. They are part of the interface: scripts and the catalog
 * (systemd/numatier.catalog, which says what to do about each) find entries by them. */

#define MESSAGE_STARTED          "14f7b29d0b1c43d99fd7342681d3653a"
#define MESSAGE_POLICY_LOADED    "b32a62139773474c9ab6abcb091661d1"
#define MESSAGE_POLICY_REFUSED   "5508c4bc99734289b827fa94161661eb"
#define MESSAGE_MEMORY_CAME      "f3560b2d014f4802a98322c779b80a23"
#define MESSAGE_MEMORY_WENT      "3538347ca5604989b0ae1008eb049d06"
#define MESSAGE_MEMORY_RESIZED   "a447295b563642e1b571252f617725f9"
#define MESSAGE_NODE_MOVED       "b44b05c341b94914b46839fccc1b9f57"
#define MESSAGE_NODE_NOT_MOVABLE "6ab67e6670e749b39611aa613bdef65b"
#define MESSAGE_NODE_NOT_SAFE    "37907275cee04d8a908f71db201613c2"
#define MESSAGE_KNOB_CHANGED     "56f9906c0f83416db955f295c01d4af0"
#define MESSAGE_WRITE_REFUSED    "51e6f4a1bdbf4e94a62997058f3482ea"
#define MESSAGE_WRITE_IGNORED    "cda6776d019a45068a8071f2c9426ce1"
#define MESSAGE_WRITE_HELD       "62e1171cb0d549d484941ad61bee3e01"
#define MESSAGE_WARNING          "3497171c5bcc43ccb87846de34caa87d"
#define MESSAGE_UNREADABLE       "b21ab4b4793941e89dcc21859a981ffd"
#define MESSAGE_FIRMWARE_BUG     "4c1f9dbe8b534fa585345b784798012d"
#define MESSAGE_PASS_FAILED      "99f6f035261a41829545909a7d75ad7b"
#define MESSAGE_WAITING          "d2374ce091a84069ba02341261011337"
#define MESSAGE_EVENTS_LOST      "c7c5fda94c4946f1bd225c05f8dd88f5"
#define MESSAGE_STOPPED          "2b9e0ac699244671a9efc21d79123238"
