/* SPDX-License-Identifier: LGPL-2.1-or-later */
                          Signature : "HMAT"
                       Table Length : 00000000
                           Revision : 02
                           Checksum : 00
                             Oem ID : "BOCHS "
                       Oem Table ID : "BXPC    "
                       Oem Revision : 00000001
                    Asl Compiler ID : "BXPC"
              Asl Compiler Revision : 00000001

                           Reserved : 00000000

                     Structure Type : 0000
                           Reserved : 0000
                             Length : 00000028
              Flags (decoded below) : 0001
   Processor Proximity Domain Valid : 1
                          Reserved1 : 0000
Attached Initiator Proximity Domain : 00000000
            Memory Proximity Domain : 00000000
                          Reserved2 : 00000000
                          Reserved3 : 0000000000000000
                          Reserved4 : 0000000000000000

                     Structure Type : 0000
                           Reserved : 0000
                             Length : 00000028
              Flags (decoded below) : 0001
   Processor Proximity Domain Valid : 1
                          Reserved1 : 0000
Attached Initiator Proximity Domain : 00000000
            Memory Proximity Domain : 00000001
                          Reserved2 : 00000000
                          Reserved3 : 0000000000000000
                          Reserved4 : 0000000000000000

                     Structure Type : 0001
                           Reserved : 0000
                             Length : 00000030
              Flags (decoded below) : 00
                   Memory Hierarchy : 0
                          Data Type : 00
                          Reserved1 : 0000
       Initiator Proximity Domains # : 00000001
          Target Proximity Domains # : 00000002
                          Reserved2 : 00000000
                    Entry Base Unit : 00000000000003E8
     Initiator Proximity Domain List : 00000000
        Target Proximity Domain List : 00000000
        Target Proximity Domain List : 00000001
                               Entry : 000A
                               Entry : 0014

                     Structure Type : 0001
                           Reserved : 0000
                             Length : 00000030
              Flags (decoded below) : 00
                   Memory Hierarchy : 0
                          Data Type : 03
                          Reserved1 : 0000
       Initiator Proximity Domains # : 00000001
          Target Proximity Domains # : 00000002
                          Reserved2 : 00000000
                    Entry Base Unit : 0000000000000400
     Initiator Proximity Domain List : 00000000
        Target Proximity Domain List : 00000000
        Target Proximity Domain List : 00000001
                               Entry : 000A
                               Entry : 0005
